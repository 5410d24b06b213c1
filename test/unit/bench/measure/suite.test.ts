import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Broker } from '../../../../bench/brokers/broker.ts'
import { FULL_ABILITIES } from '../../../../bench/brokers/broker.ts'
import { startIssuer } from '../../../../bench/issuer/issuer.ts'
import { plannedRuns, runSuite } from '../../../../bench/measure/suite.ts'
import { storm } from '../../../../bench/scenarios/scenario.ts'
import { TINY } from '../../../../bench/scenarios/size.ts'

const crowd = { clients: 1, pace: { window: 1 }, tokens: 'none' } as const
const scenarios = ['one', 'two'].map(name => storm({ ...crowd, name, title: name }))

function brokerThat(name: string, starts: string[]): Broker {
  return {
    name,
    abilities: FULL_ABILITIES,
    version: () => Promise.resolve('1'),
    start: () => {
      starts.push(name)
      return Promise.reject(new Error('its configuration is wrong'))
    },
  }
}

describe('plannedRuns', () => {
  it('takes the brokers in turn within each repetition, another one first each time', () => {
    const brokers = ['a', 'b', 'c'].map(name => brokerThat(name, []))
    const runs = plannedRuns({ scenarios: scenarios.slice(0, 1), brokers, repetitions: 3, secondsMax: undefined })
    assert.equal(runs.map(({ broker }) => broker.name).join(''), 'abcbcacab')
  })
})

describe('runSuite', () => {
  it('says why a broker does not start, tries it only once, and goes on', async () => {
    const starts: string[] = []
    const brokers = [brokerThat('a', starts), brokerThat('b', starts)]
    const issuer = await startIssuer()
    const context = { issuer, size: TINY, loaders: 1, cores: 1 }
    const result = await runSuite({ scenarios, brokers, repetitions: 2, secondsMax: undefined }, context, {
      began() {},
    })
    issuer.close()
    assert.deepEqual(starts, ['a', 'b'])
    assert.deepEqual(
      result.failures.map(({ why }) => why),
      ['a', 'b'].map(name => `${name} did not start: its configuration is wrong`),
    )
    assert.equal(result.leftOut.length, 6)
  })

  it('begins nothing after its time and says what is missing', async () => {
    const starts: string[] = []
    const issuer = await startIssuer()
    const context = { issuer, size: TINY, loaders: 1, cores: 1 }
    const options = { scenarios, brokers: [brokerThat('a', starts)], repetitions: 1, secondsMax: -1 }
    const result = await runSuite(options, context, { began() {} })
    issuer.close()
    assert.deepEqual(starts, [])
    assert.deepEqual(
      result.leftOut.map(({ why }) => why),
      ['no time left', 'no time left'],
    )
  })
})
