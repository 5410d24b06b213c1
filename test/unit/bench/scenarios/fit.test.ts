import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Abilities, Broker } from '../../../../bench/brokers/broker.ts'
import { FULL_ABILITIES } from '../../../../bench/brokers/broker.ts'
import { whyUnfit } from '../../../../bench/scenarios/fit.ts'
import type { LoadRow } from '../../../../bench/scenarios/scenario.ts'
import { load, storm } from '../../../../bench/scenarios/scenario.ts'

function brokerWith(abilities: Partial<Abilities>): Broker {
  return {
    name: 'some',
    abilities: { ...FULL_ABILITIES, ...abilities },
    version: () => Promise.resolve('1'),
    start: () => Promise.reject(new Error('not in this test')),
  }
}

function pairs(given: Partial<LoadRow>): ReturnType<typeof load> {
  return load({
    name: 'n',
    title: 't',
    publishers: 1,
    subscribers: 1,
    layout: 'pairs',
    qos: 0,
    pace: { window: 1 },
    ...given,
  })
}

describe('whyUnfit', () => {
  it('lets a broker run what it has the abilities for', () => {
    assert.equal(
      whyUnfit(brokerWith({}), pairs({ qos: 2, transport: 'ws', protocolVersion: 5, shared: true })),
      undefined,
    )
  })

  it('names the ability that is missing', () => {
    assert.equal(whyUnfit(brokerWith({ qosMax: 1 }), pairs({ qos: 2 })), 'at most QoS 1')
    assert.equal(whyUnfit(brokerWith({ transports: ['tcp'] }), pairs({ transport: 'ws' })), 'no ws')
    assert.equal(whyUnfit(brokerWith({ protocolVersions: [4] }), pairs({ protocolVersion: 5 })), 'no MQTT 5')
    assert.equal(whyUnfit(brokerWith({}), pairs({ workers: 2 })), 'at most 1 worker')
    assert.equal(
      whyUnfit(brokerWith({ sharedSubscriptions: false }), pairs({ shared: true })),
      'no shared subscriptions',
    )
    assert.equal(whyUnfit(brokerWith({}), pairs({ durability: 'fsync' })), 'keeps no sessions')
    assert.equal(whyUnfit(brokerWith({}), pairs({ brokers: ['guardbee'] })), 'not made for it')
  })

  it('wants tokens only where they are what is measured', () => {
    const crowd = { name: 'n', title: 't', clients: 1, pace: { window: 1 } }
    assert.equal(whyUnfit(brokerWith({ tokens: false }), storm({ ...crowd, needsTokens: true })), 'no access tokens')
    assert.equal(whyUnfit(brokerWith({ tokens: false }), storm(crowd)), undefined)
    assert.equal(whyUnfit(brokerWith({ tokens: false }), pairs({ tokens: 'es256' })), undefined)
    const ordeal = { badShare: 0, bad: 'forged', server: 'up', rotation: true } as const
    assert.equal(whyUnfit(brokerWith({ tokens: true }), storm({ ...crowd, ordeal })), 'fetches no keys')
    assert.equal(whyUnfit(brokerWith({ tokens: true, fetchesKeys: true }), storm({ ...crowd, ordeal })), undefined)
  })
})
