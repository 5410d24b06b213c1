import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { compilePermissions } from '../../../src/core/compiled-permissions.ts'
import { ALLOW_ALL, type Permission } from '../../../src/core/permissions.ts'
import type { QoS } from '../../../src/protocol/packets.ts'
import { matches } from '../../../src/protocol/topic.ts'

function allow(topicFilter: string, fields: Partial<Permission> = {}): Permission {
  return { ...ALLOW_ALL, topicFilter, from: 'test', ...fields }
}

function deny(topicFilter: string, fields: Partial<Permission> = {}): Permission {
  return allow(topicFilter, { ...fields, effect: 'deny' })
}

describe('compilePermissions for PUBLISH', () => {
  it('denies what no permission is about', () => {
    const none = compilePermissions([])
    assert.equal(none.mayPublish('a', 0, false), false)
    assert.equal(none.maySubscribe('a', 0, undefined), false)
    assert.equal(compilePermissions([allow('a/b')]).mayPublish('a/c', 0, false), false)
  })

  it('grants the topic, QoS, RETAIN flag and activity of a permission and nothing else', () => {
    const permissions = compilePermissions([allow('a/+', { qos: [1], retain: 'retained', activity: ['publish'] })])
    assert.equal(permissions.mayPublish('a/x', 1, true), true)
    assert.equal(permissions.mayPublish('a/x', 1, false), false)
    assert.equal(permissions.mayPublish('a/x', 0, true), false)
    assert.equal(permissions.mayPublish('a/x/y', 1, true), false)
    assert.equal(permissions.maySubscribe('a/x', 1, undefined), false)
    assert.equal(compilePermissions([allow('a', { activity: ['subscribe'] })]).mayPublish('a', 0, false), false)
    assert.equal(compilePermissions([allow('a', { retain: 'not-retained' })]).mayPublish('a', 0, true), false)
  })

  it('lets the first permission that applies decide', () => {
    const permissions = compilePermissions([allow('t/open'), deny('t/+', { qos: [2] }), allow('t/#')])
    assert.equal(permissions.mayPublish('t/open', 2, false), true)
    assert.equal(permissions.mayPublish('t/shut', 2, false), false)
    assert.equal(permissions.mayPublish('t/shut', 1, false), true)
    assert.equal(permissions.mayPublish('t/shut/below', 2, false), true)
  })

  it('v5 [MQTT-4.7.2-1] reaches no $-topic by a leading wildcard', () => {
    const permissions = compilePermissions([allow('#'), allow('+/broker')])
    assert.equal(permissions.mayPublish('$SYS/broker', 0, false), false)
    assert.equal(permissions.maySubscribe('$SYS/#', 0, undefined), false)
    assert.equal(compilePermissions([allow('$SYS/#')]).maySubscribe('$SYS/broker/+', 0, undefined), true)
  })

  it('says the same of a topic however often and in whatever order it is asked', () => {
    const topic = fc
      .array(fc.constantFrom('a', 'b', '$c', ''), { minLength: 1, maxLength: 3 })
      .map(names => names.join('/'))
    const filter = fc
      .tuple(fc.array(fc.constantFrom('a', 'b', '+', '', '$c'), { minLength: 1, maxLength: 3 }), fc.boolean())
      .map(([names, rest]) => [...names, ...(rest ? ['#'] : [])].join('/'))
    const permission: fc.Arbitrary<Permission> = fc.record({
      effect: fc.constantFrom('allow', 'deny'),
      topicFilter: filter,
      syntax: fc.constantFrom('filter', 'literal'),
      qos: fc.subarray<QoS>([0, 1, 2]),
      activity: fc.subarray<'publish' | 'subscribe'>(['publish', 'subscribe']),
      retain: fc.constantFrom('any', 'retained', 'not-retained'),
      shared: fc.constant('any'),
      sharedGroup: fc.constant(''),
      from: fc.constant(''),
    })
    const question = fc.record({ topic, qos: fc.constantFrom<QoS>(0, 1, 2), retain: fc.boolean() })
    fc.assert(
      fc.property(fc.array(permission, { maxLength: 6 }), fc.array(question, { maxLength: 60 }), (list, questions) => {
        const permissions = compilePermissions(list)
        for (const asked of questions) {
          const found = permissions.mayPublish(asked.topic, asked.qos, asked.retain)
          assert.equal(found, firstVerdict(list, asked.topic, asked.qos, asked.retain))
          const decided = permissions.decidesPublish(asked.topic, asked.qos, asked.retain)
          assert.equal(found, decided?.effect === 'allow', 'and names the permission that says it')
        }
      }),
      { numRuns: 500 },
    )
  })

  it('remembers few topics of the many that a client may name', () => {
    const permissions = compilePermissions([allow('a/+/#'), deny('b')])
    for (let i = 0; i < 10_000; i += 1) assert.equal(permissions.mayPublish(`a/${i}/b`, 0, false), true)
    assert.equal(permissions.mayPublish('a/0/b', 0, false), true)
    assert.equal(permissions.mayPublish('b', 0, false), false)
  })
})

/** The rule in its plainest words. */
function firstVerdict(list: readonly Permission[], topicName: string, qos: QoS, retain: boolean): boolean {
  const decider = list.find(
    permission =>
      permission.activity.includes('publish') &&
      permission.qos.includes(qos) &&
      (permission.retain === 'any' || (permission.retain === 'retained') === retain) &&
      (permission.syntax === 'literal'
        ? permission.topicFilter === topicName
        : matches(permission.topicFilter, topicName)),
  )
  return decider?.effect === 'allow'
}

describe('compilePermissions for SUBSCRIBE', () => {
  it('grants a filter only when all of its topics are granted', () => {
    // HiveMQ CE lets `a/+` cover `a/#` and `+` cover `#`.
    const cases = [
      ['a/+', 'a/#', false],
      ['+', '#', false],
      ['a/+/c', 'a/#', false],
      ['a/+', 'a/+', true],
      ['a/#', 'a/+/c', true],
      ['a/#', 'a', true],
      ['a/b', 'a/+', false],
      ['a', 'a/', false],
    ] as const
    for (const [granted, requested, expected] of cases) {
      const permissions = compilePermissions([allow(granted)])
      assert.equal(permissions.maySubscribe(requested, 0, undefined), expected, `${granted} ${requested}`)
    }
  })

  it('holds the requested QoS against the permission', () => {
    const permissions = compilePermissions([allow('a', { qos: [0] })])
    assert.equal(permissions.maySubscribe('a', 0, undefined), true)
    assert.equal(permissions.maySubscribe('a', 1, undefined), false)
  })

  it('tells shared from ordinary subscriptions, and one Share Name from another', () => {
    const any = compilePermissions([allow('a')])
    const ordinary = compilePermissions([allow('a', { shared: 'not-shared' })])
    const group = compilePermissions([allow('a', { shared: 'shared', sharedGroup: 'g' })])
    const hash = compilePermissions([allow('a', { sharedGroup: '#' })])
    assert.deepEqual(
      [any, ordinary, group, hash].map(permissions => [
        permissions.maySubscribe('a', 0, undefined),
        permissions.maySubscribe('a', 0, 'g'),
        permissions.maySubscribe('a', 0, 'h'),
      ]),
      [
        [true, true, true],
        [true, false, false],
        [false, true, false],
        [true, true, true],
      ],
    )
  })

  it('denies a filter that reaches into what is denied before it is granted', () => {
    const permissions = compilePermissions([deny('t/secret/#'), allow('t/#')])
    assert.equal(permissions.maySubscribe('t/+', 0, undefined), false)
    assert.equal(permissions.maySubscribe('t/#', 0, undefined), false)
    assert.equal(permissions.maySubscribe('t/secret', 0, undefined), false)
    assert.equal(permissions.maySubscribe('t/open/#', 0, undefined), true)
    assert.equal(compilePermissions([allow('t/#'), deny('t/x')]).maySubscribe('t/#', 0, undefined), true)
  })

  it('takes a literal permission for that very text', () => {
    const permissions = compilePermissions([
      deny('#', { syntax: 'literal', activity: ['subscribe'] }),
      allow('t/#', { syntax: 'literal' }),
      allow('u/#'),
    ])
    assert.equal(permissions.maySubscribe('t/#', 0, undefined), true)
    assert.equal(permissions.maySubscribe('t/1', 0, undefined), false)
    assert.equal(permissions.mayPublish('t/1', 0, false), false)
    assert.equal(permissions.maySubscribe('u/1', 0, undefined), true)
    assert.equal(permissions.maySubscribe('#', 0, undefined), false)
  })

  it('holds a topic against a RabbitMQ pattern by its routing key', () => {
    const permissions = compilePermissions([
      allow('dev.*', { syntax: 'routing-key' }),
      allow('*.end', { syntax: 'routing-key' }),
    ])
    assert.equal(permissions.mayPublish('dev/a/b', 0, false), true)
    assert.equal(permissions.mayPublish('dev', 0, false), false)
    assert.equal(permissions.mayPublish('a/b/end', 0, false), true)
    assert.equal(permissions.mayPublish('$SYS/end', 0, false), false)
    assert.equal(permissions.maySubscribe('dev/+/b', 0, undefined), true)
    assert.equal(permissions.maySubscribe('dev/#', 0, undefined), true)
    assert.equal(permissions.maySubscribe('#', 0, undefined), false)
    assert.equal(permissions.maySubscribe('+/a', 0, undefined), false)
  })
})

describe('compilePermissions for messages in a queue', () => {
  it('lets through what some subscription may have brought', () => {
    const permissions = compilePermissions([
      deny('t/secret/#'),
      deny('t/#', { qos: [2] }),
      deny('t/shared', { shared: 'shared' }),
      deny('#', { syntax: 'literal' }),
      allow('t/#', { qos: [1], activity: ['subscribe'] }),
      allow('u/#', { syntax: 'literal' }),
      allow('p/#', { activity: ['publish'] }),
    ])
    for (const topicName of ['t', 't/a', 't/shared', 'u/a/b']) assert.equal(permissions.mayReceive(topicName), true)
    for (const topicName of ['t/secret', 't/secret/a', 'p/a', 'x']) {
      assert.equal(permissions.mayReceive(topicName), false)
      assert.equal(permissions.mayReceive(topicName), false)
    }
  })

  it('lets through whatever a filter brings that RabbitMQ’s patterns allow', () => {
    const permissions = compilePermissions([
      allow('dev.*', { syntax: 'routing-key' }),
      allow('log.#', { syntax: 'routing-key' }),
    ])
    assert.equal(permissions.maySubscribe('dev/#', 0, undefined), true)
    for (const topicName of ['dev', 'dev/a/b', 'log/a', 'log'])
      assert.equal(permissions.mayReceive(topicName), true, topicName)
    for (const topicName of ['device', 'logs', 'x']) assert.equal(permissions.mayReceive(topicName), false, topicName)
    const all = compilePermissions([allow('*', { syntax: 'routing-key' })])
    assert.deepEqual([all.mayReceive('a/b'), all.mayReceive('$SYS/a')], [true, false])
  })

  it('lets through every message of a subscription that is allowed', () => {
    const levels = fc.array(fc.constantFrom('a', 'b', '+'), { minLength: 1, maxLength: 3 })
    const filter = fc.tuple(levels, fc.boolean()).map(([names, rest]) => [...names, ...(rest ? ['#'] : [])].join('/'))
    const topicName = fc
      .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 })
      .map(names => names.join('/'))
    const permission = fc.tuple(filter, fc.boolean(), fc.subarray<QoS>([0, 1, 2])).map(([granted, allows, qos]) => {
      return allows ? allow(granted, { qos }) : deny(granted, { qos })
    })
    fc.assert(
      fc.property(fc.array(permission, { maxLength: 5 }), filter, topicName, (list, requested, name) => {
        const permissions = compilePermissions(list)
        if (!permissions.maySubscribe(requested, 1, undefined) || !matches(requested, name)) return
        assert.equal(permissions.mayReceive(name), true)
      }),
      { numRuns: 2000 },
    )
  })
})
