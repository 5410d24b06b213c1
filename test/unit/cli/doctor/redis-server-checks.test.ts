import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { redisServerFindings } from '../../../../src/cli/doctor/redis-server-checks.ts'
import type { RedisServerFacts } from '../../../../src/cli/doctor/redis-server-checks.ts'

const MIB = 1024 * 1024
const GOOD: RedisServerFacts = {
  version: '7.4.1',
  memoryPolicy: 'noeviction',
  memoryBytesMax: 100 * MIB,
  memoryBytesNow: 10 * MIB,
  appendOnly: true,
  appendFsync: 'always',
  appendFailed: false,
  replicas: 0,
  aheadMs: 20,
}

describe('what is said of a server of Redis', () => {
  it('is that all is well', () => {
    assert.deepEqual(outcomes({}), { redis: 'ok', 'redis memory': 'ok', 'redis log': 'ok', 'redis clock': 'ok' })
  })

  it('is that it is too old', () => {
    assert.equal(outcomes({ version: '6.2.14' })['redis'], 'fail')
    for (const version of ['7.0.0', '8.2.1', '10.0.0', undefined]) assert.equal(outcomes({ version })['redis'], 'ok')
  })

  it('is that its memory or its disk is full', () => {
    assert.equal(outcomes({ memoryBytesNow: 80 * MIB })['redis memory'], 'warn')
    assert.equal(outcomes({ memoryBytesMax: 0, memoryBytesNow: 2 ** 40 })['redis memory'], 'ok')
    assert.equal(outcomes({ appendFailed: true })['redis log'], 'fail')
  })

  it('is how far its clock is from ours, in either direction', () => {
    assert.equal(outcomes({ aheadMs: 4_000 })['redis clock'], 'ok')
    for (const [aheadMs, words] of [
      [90_000, 'ahead of'],
      [-90_000, 'behind'],
    ] as const) {
      const [finding] = redisServerFindings('redis://r:6379', { ...GOOD, aheadMs }, { redisWait: 0 }).slice(-1)
      assert.deepEqual([finding?.outcome, finding?.text], ['warn', `redis://r:6379 is 90 s ${words} this host`])
    }
  })

  it('is whether it has the replicas without which nothing is acknowledged', () => {
    assert.equal(outcomes({ replicas: 1 }, 2)['redis replicas'], 'fail')
    assert.equal(outcomes({ replicas: 2 }, 2)['redis replicas'], 'ok')
  })

  it('is a warning where it does not say of itself what has to be right', () => {
    const silent = outcomes({ memoryPolicy: undefined, appendOnly: undefined })
    assert.deepEqual([silent['redis memory'], silent['redis log']], ['warn', 'warn'])
  })
})

function outcomes(facts: Partial<RedisServerFacts>, redisWait = 0): Readonly<Record<string, string>> {
  const findings = redisServerFindings('redis://r:6379', { ...GOOD, ...facts }, { redisWait })
  return Object.fromEntries(findings.map(({ check, outcome }) => [check, outcome]))
}
