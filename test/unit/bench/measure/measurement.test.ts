import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LoaderResult } from '../../../../bench/load/plan.ts'
import type { RunFacts } from '../../../../bench/measure/measurement.ts'
import { measurementOf, percentileOf } from '../../../../bench/measure/measurement.ts'

const facts: RunFacts = {
  scenario: 's',
  broker: 'b',
  repetition: 0,
  closedLoop: true,
  apart: true,
  clients: 10,
  issuerRequests: undefined,
  before: { residentBytes: 1_000, proportionalBytes: 900 },
  after: { residentBytes: 21_000, proportionalBytes: 20_000 },
}

function result(given: Partial<LoaderResult>): LoaderResult {
  return {
    operations: 1_000,
    seconds: 2,
    latency: [[100, 1_000]],
    latencyMax: 100,
    lost: 0,
    doubled: 0,
    reordered: 0,
    failed: 0,
    firstFailure: undefined,
    brokerCpuSeconds: 0.5,
    loaderCpuSeconds: 1.5,
    sendLagMicroseconds: undefined,
    redisCommands: undefined,
    stealSeconds: 0,
    ...given,
  }
}

describe('measurementOf', () => {
  it('adds up the processes of the generator but counts the broker once', () => {
    const measured = measurementOf(facts, [result({}), result({ latency: [[50, 1_000]], latencyMax: 50 })], undefined)
    assert.deepEqual([measured.operations, measured.perSecond, measured.cpuMicroseconds], [2_000, 1_000, 250])
    assert.deepEqual([measured.brokerCores, measured.residentBytesPerClient], [0.25, 2_000])
    assert.deepEqual([percentileOf(measured.latency, 50), percentileOf(measured.latency, 99)], [50, 100])
    assert.deepEqual(measured.warnings, [])
  })

  it('counts what went astray beside the scenario too', () => {
    const measured = measurementOf(facts, [result({ lost: 1 })], result({ lost: 2, reordered: 3 }))
    assert.deepEqual([measured.lost, measured.reordered, measured.operations], [3, 3, 1_000])
    assert.ok(measured.backgroundLatency !== undefined)
  })

  it('warns when the generator was the limit of a closed loop', () => {
    const busy = result({ loaderCpuSeconds: 1.9 })
    assert.match(measurementOf(facts, [busy], undefined).warnings.join(), /used 95 % of its core/)
    assert.deepEqual(measurementOf({ ...facts, closedLoop: false }, [busy], undefined).warnings, [])
  })

  it('warns when neither side had its core', () => {
    const starved = result({ loaderCpuSeconds: 0.4 })
    assert.match(measurementOf(facts, [starved], undefined).warnings.join(), /the machine was busy/)
    assert.deepEqual(measurementOf({ ...facts, apart: false }, [starved], undefined).warnings, [])
  })

  it('warns when messages were sent late, when the host took time, and of the first failure', () => {
    const late = result({ sendLagMicroseconds: 4_000, stealSeconds: 0.3, firstFailure: 'CONNACK with code 5' })
    assert.equal(measurementOf(facts, [late], undefined).warnings.length, 3)
  })

  it('knows no CPU time of a broker that is not ours to look at', () => {
    const remote = { ...facts, before: undefined, after: undefined }
    const measured = measurementOf(remote, [result({ brokerCpuSeconds: undefined })], undefined)
    assert.deepEqual([measured.cpuMicroseconds, measured.residentBytesPerClient], [undefined, undefined])
  })
})
