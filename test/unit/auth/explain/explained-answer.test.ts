import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { explainedAnswers } from '../../../../src/auth/explain/explained-answer.ts'
import type { ExplainedAnswer, TokenQuestion } from '../../../../src/auth/explain/explanation.ts'
import { compilePermissions } from '../../../../src/core/compiled-permissions.ts'
import { ALLOW_ALL, type Permission } from '../../../../src/core/permissions.ts'

const QUESTION: TokenQuestion = {
  token: '',
  listener: 'l',
  clientId: 'c',
  username: undefined,
  publish: undefined,
  subscribe: undefined,
  qos: 0,
  retain: false,
}

const rule = (topicFilter: string, more: Partial<Permission> = {}): Permission => ({
  ...ALLOW_ALL,
  topicFilter,
  from: 'role',
  ...more,
})

function answer(more: Partial<TokenQuestion>, ...list: readonly Permission[]): ExplainedAnswer | undefined {
  return explainedAnswers({ ...QUESTION, ...more }, compilePermissions(list))[0]
}

describe('what a client may do', () => {
  it('is decided by one permission, which is named, or by none', () => {
    const denial = rule('a/secret', { effect: 'deny' })
    const grant = rule('a/#')
    const denied = answer({ publish: 'a/secret' }, denial, grant)
    assert.deepEqual([denied?.allowed, denied?.decidedBy], [false, denial])
    const allowed = answer({ publish: 'a/b', qos: 2, retain: true }, denial, grant)
    assert.deepEqual([allowed?.allowed, allowed?.decidedBy, allowed?.qos], [true, grant, 2])
    const unknown = answer({ publish: 'b' }, denial, grant)
    assert.deepEqual([unknown?.allowed, unknown?.decidedBy, unknown?.hints], [false, undefined, []])
  })

  it('is asked of a shared subscription as the broker does', () => {
    const shared = rule('a/#', { shared: 'shared', sharedGroup: 'g' })
    assert.equal(answer({ subscribe: '$share/g/a/b' }, shared)?.allowed, true)
    assert.equal(answer({ subscribe: '$share/h/a/b' }, shared)?.allowed, false)
    assert.deepEqual(answer({ subscribe: 'a/b' }, shared)?.hints, [
      'near: allow publish and subscribe "a/#" shared in share group "g" (from role), which is about other shared subscriptions',
    ])
  })

  it('is nothing where the topic is none, or belongs to the broker', () => {
    assert.match(answer({ publish: 'a/+' }, ALLOW_ALL)?.fault ?? '', /not a Topic Name/)
    assert.match(answer({ publish: '$SYS/x' }, rule('$SYS/#'))?.fault ?? '', /belongs to the broker/)
    for (const subscribe of ['a/#/b', '$share/a', '']) {
      assert.match(answer({ subscribe }, ALLOW_ALL)?.fault ?? '', /not a Topic Filter/)
    }
  })

  it('names the permission that is nearly about it, and what is missing', () => {
    const missing = (more: Partial<TokenQuestion>, one: Permission): string | undefined =>
      answer(more, one)?.hints[0]?.split(', which ')[1]
    assert.equal(missing({ publish: 'a', qos: 1 }, rule('a', { qos: [0] })), 'is about another QoS')
    assert.equal(missing({ publish: 'a' }, rule('a', { retain: 'retained' })), 'is about another RETAIN flag')
    assert.equal(missing({ publish: 'a' }, rule('a', { activity: ['subscribe'] })), 'is about the other activity')
    assert.equal(missing({ publish: 'A' }, rule('a')), 'differs by upper and lower case')
    assert.equal(missing({ publish: '/a' }, rule('a')), 'differs by the slash at the beginning')
    assert.equal(missing({ subscribe: 'a' }, rule('/a')), 'differs by the slash at the beginning')
    assert.equal(missing({ publish: 'b' }, rule('a')), undefined)
    assert.equal(missing({ publish: 'b' }, rule('B', { effect: 'deny' })), undefined)
  })
})
