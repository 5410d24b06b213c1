import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { emqxPermissions } from '../../../../src/auth/permission-formats/emqx-acl.ts'
import type { Permissions } from '../../../../src/core/permissions.ts'
import type { Credentials } from '../../../../src/ports/auth.ts'
import { compiled, holderOf } from './holder.ts'

function permissionsOf(acl: unknown, fields: Partial<Credentials> = {}): Permissions {
  const holder = holderOf({ acl }, fields)
  return compiled(emqxPermissions(holder, 'acl'), holder)
}

/** Whether the client may subscribe, for each filter. */
function subscribing(permissions: Permissions, ...topicFilters: readonly string[]): readonly boolean[] {
  return topicFilters.map(topicFilter => permissions.maySubscribe(topicFilter, 0, undefined))
}

const TOPICS = {
  pub: ['testpub1/${username}', 'testpub2/${clientid}', 'testpub3/#'],
  sub: ['eq testsub1/${username}', 'testsub2/${clientid}', 'testsub3/#'],
  all: ['testall1/${username}', 'testall2/${clientid}', 'testall3/#'],
}
const RULES = [
  { permission: 'allow', action: 'publish', topics: TOPICS.pub },
  { permission: 'allow', action: 'subscribe', topics: TOPICS.sub },
  { permission: 'allow', action: 'all', topics: TOPICS.all },
]

for (const [version, acl] of [
  ['1', TOPICS],
  ['2', RULES],
] as const) {
  describe(`the acl claim of EMQX, version ${version}`, () => {
    it('gives what the vectors of its authors give', () => {
      const permissions = permissionsOf(acl)
      assert.deepEqual(subscribing(permissions, 'testsub1/username', 'testsub1/${username}'), [false, true])
      assert.deepEqual(subscribing(permissions, 'testsub2/clientid', 'testsub2/username'), [true, false])
      assert.deepEqual(subscribing(permissions, 'testsub3/foobar', 'testsub3/+/foobar', 'testsub3/#'), [
        true,
        true,
        true,
      ])
      assert.deepEqual(subscribing(permissions, 'testsub4/foobar'), [false])
      assert.deepEqual(subscribing(permissions, 'testpub1/username', 'testpub2/clientid', 'testpub3/foobar'), [
        false,
        false,
        false,
      ])
      assert.deepEqual(subscribing(permissions, 'testall1/username', 'testall2/clientid', 'testall3/#'), [
        true,
        true,
        true,
      ])
      assert.deepEqual(
        ['testpub1/username', 'testpub2/clientid', 'testpub3/foobar', 'testall3/x', 'testsub3/foobar', 'other'].map(
          topicName => permissions.mayPublish(topicName, 1, true),
        ),
        [true, true, true, true, false, false],
      )
    })

    it('denies everything when it is empty', () => {
      const permissions = permissionsOf(version === '1' ? {} : [])
      assert.deepEqual(subscribing(permissions, 'testsub3/foobar'), [false])
      assert.equal(permissions.mayPublish('testpub3/foobar', 0, false), false)
    })
  })
}

describe('the acl claim of EMQX', () => {
  it('says nothing of permissions when it is not there', () => {
    assert.deepEqual(emqxPermissions(holderOf({ sub: 'x' }), 'acl'), { kind: 'unknown' })
  })

  it('may be below another claim', () => {
    const holder = holderOf({ mqtt: { acl: { pub: ['a'] } } })
    assert.equal(compiled(emqxPermissions(holder, 'mqtt.acl'), holder).mayPublish('a', 0, false), true)
  })

  it('lets the first rule that applies decide, with its QoS and RETAIN', () => {
    const permissions = permissionsOf([
      { permission: 'allow', action: 'publish', topic: 't/${clientid}' },
      { permission: 'allow', action: 'subscribe', topic: 'eq t/1/#', qos: [1] },
      { permission: 'deny', action: 'publish', topic: 't/2', retain: true },
      { permission: 'deny', action: 'all', topics: ['t/3', 't/4'] },
      { permission: 'allow', action: 'all', topic: 't/#', qos: '0,1' },
    ])
    assert.equal(permissions.mayPublish('t/clientid', 2, true), true)
    assert.equal(permissions.maySubscribe('t/1/#', 1, undefined), true)
    assert.equal(permissions.mayPublish('t/2', 0, true), false)
    assert.equal(permissions.mayPublish('t/2', 0, false), true)
    assert.equal(permissions.mayPublish('t/3', 0, false), false)
    assert.equal(permissions.mayPublish('t/5', 2, false), false)
    assert.equal(permissions.maySubscribe('t/+', 0, undefined), false)
    assert.equal(permissions.maySubscribe('t/5/#', 1, undefined), true)
  })

  it('takes the shorter names of its actions', () => {
    const permissions = permissionsOf([
      { permission: 'allow', action: 'pub', topic: 'p', qos: 1 },
      { permission: 'allow', action: 'sub', topic: 's' },
    ])
    assert.deepEqual([permissions.mayPublish('p', 1, false), permissions.mayPublish('p', 0, false)], [true, false])
    assert.deepEqual(subscribing(permissions, 's', 'p'), [true, false])
  })

  it('holds the conditions of a rule against the client', () => {
    const cases = [
      [{ clientid_re: '^client' }, true],
      [{ clientid_re: '^id' }, false],
      [{ username_re: 'name$' }, true],
      [{ listener: 'tcp-listener-1883' }, true],
      [{ listener: 'websocket-listener-8083' }, false],
      [{ listener_re: '1883$' }, true],
      [{ ipaddr: '10.1.2.3' }, true],
      [{ ipaddr: '10.0.0.0/8' }, true],
      [{ ipaddr: ['192.168.0.0/16', 'fe80::/10'] }, false],
      [{ clientid_re: '^client', ipaddr: '10.9.9.9' }, false],
    ] as const
    for (const [conditions, applies] of cases) {
      const permissions = permissionsOf([{ permission: 'allow', action: 'publish', topic: 'a', ...conditions }])
      assert.equal(permissions.mayPublish('a', 0, false), applies, JSON.stringify(conditions))
    }
    const nameless = [{ permission: 'deny', action: 'all', topic: 'a', username_re: '.' }]
    assert.equal(permissionsOf(nameless, { username: undefined }).list.length, 0)
  })

  it('refuses what is not understood, for it may be a denial', () => {
    const rule = { permission: 'allow', action: 'publish', topic: 'a' }
    const wrong: readonly unknown[] = [
      'a',
      7,
      null,
      { pub: 'a' },
      { sub: [7] },
      { all: ['a/#/b'] },
      { pub: ['eq '] },
      ['a'],
      [{ ...rule, permission: 'maybe' }],
      [{ ...rule, action: 'read' }],
      [{ ...rule, topic: undefined }],
      [{ ...rule, topic: 'a#' }],
      [{ ...rule, topics: 'b' }],
      [{ ...rule, qos: 3 }],
      [{ ...rule, qos: [] }],
      [{ ...rule, qos: '0,x' }],
      [{ ...rule, retain: 'yes' }],
      [{ ...rule, zone: 'default' }],
      [{ ...rule, expires: 1 }],
      [{ ...rule, clientid_re: '(a' }],
      [{ ...rule, clientid_re: 1 }],
      [{ ...rule, ipaddr: '10.0.0.0/33' }],
      [{ ...rule, ipaddr: 'localhost' }],
      [{ ...rule, listener: 1 }],
      Array.from({ length: 2_049 }, () => rule),
      { pub: Array.from({ length: 2_049 }, () => 'a') },
    ]
    for (const acl of wrong) {
      const found = emqxPermissions(holderOf({ acl }), 'acl')
      assert.equal(found.kind === 'refused' && found.cause, 'malformed_permissions', JSON.stringify(acl)?.slice(0, 80))
    }
  })
})
