import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { aifPermissions } from '../../../../src/auth/permission-formats/aif-mqtt.ts'
import { compiled, holderOf } from './holder.ts'

describe('AIF-MQTT', () => {
  it('grants what RFC 9431 says with its example', () => {
    const holder = holderOf({
      scope: [
        ['topic1', ['pub', 'sub']],
        ['topic2/#', ['pub']],
        ['+/topic3', ['sub']],
      ],
    })
    const permissions = compiled(aifPermissions(holder, 'scope'), holder)
    assert.equal(permissions.mayPublish('topic1', 2, true), true)
    assert.equal(permissions.maySubscribe('topic1', 2, undefined), true)
    assert.equal(permissions.mayPublish('topic2/a', 0, false), true)
    assert.equal(permissions.maySubscribe('topic2/a', 0, undefined), false)
    assert.equal(permissions.maySubscribe('a/topic3', 0, undefined), true)
    assert.equal(permissions.mayPublish('a/topic3', 0, false), false)
  })

  it('says nothing of permissions where the scope is no array, and denies everything by an empty one', () => {
    assert.deepEqual(aifPermissions(holderOf({ scope: 'mqtt' }), 'scope'), { kind: 'unknown' })
    assert.deepEqual(aifPermissions(holderOf({}), 'scope'), { kind: 'unknown' })
    assert.deepEqual(aifPermissions(holderOf({ scope: [] }), 'scope'), { kind: 'known', permissions: [] })
  })

  it('refuses what is no such pair', () => {
    const wrong = [
      ['mqtt'],
      [['a']],
      [['a', 'pub']],
      [['a', []]],
      [['a', ['read']]],
      [['a/#/b', ['pub']]],
      [[7, ['pub']]],
    ]
    for (const scope of wrong) {
      assert.equal(aifPermissions(holderOf({ scope }), 'scope').kind, 'refused', JSON.stringify(scope))
    }
  })
})
