import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Packet } from 'mqtt-packet'
import { nowMicroseconds } from '../../../../bench/load/clock.ts'
import { LoadRun } from '../../../../bench/load/load-run.ts'
import type { LoaderResult, LoadPlan } from '../../../../bench/load/plan.ts'
import { stampedSequence } from '../../../../bench/load/stamp.ts'
import { loadPlan } from './load-plan.ts'
import type { Mischief } from './relay-server.ts'
import { RelayServer } from './relay-server.ts'

async function runAgainst(mischief: Mischief, given: Partial<LoadPlan>): Promise<LoaderResult> {
  const server = new RelayServer(mischief)
  const run = new LoadRun(loadPlan({ ...given, addresses: [await server.listen()] }))
  try {
    await run.prepare()
    return await run.measure(nowMicroseconds())
  } finally {
    run.close()
    server.close()
  }
}

function sequenceOf(packet: Packet): number {
  return packet.cmd === 'publish' ? stampedSequence(Buffer.from(packet.payload), 0) : -1
}

const honest: Mischief = messages => messages

describe('LoadRun', () => {
  for (const qos of [0, 1, 2]) {
    it(`delivers everything once and in order through an honest broker, QoS ${qos}`, async () => {
      const result = await runAgainst(honest, { qos })
      assert.deepEqual([result.lost, result.doubled, result.reordered, result.failed], [0, 0, 0, 0])
      assert.ok(result.operations > 0 && result.latencyMax > 0)
    })
  }

  it('sends at its rate, no faster', async () => {
    const result = await runAgainst(honest, { pace: { ratePerSecond: 400 }, measuredSeconds: 0.5 })
    assert.equal(result.lost, 0)
    // A machine that was busy makes up for it; without a pace it would be tens of thousands.
    const perSecond = result.operations / result.seconds
    assert.ok(perSecond > 0 && perSecond < 1_200, `${result.operations} in ${result.seconds} s`)
  })

  it('carries large payloads in both directions', async () => {
    const result = await runAgainst(honest, { payloadBytes: 262_144, publishers: 2, subscribers: 2 })
    assert.deepEqual([result.lost, result.doubled, result.reordered, result.failed], [0, 0, 0, 0])
    assert.ok(result.operations > 0)
  })

  it('sees what a broker loses, and loads on', { timeout: 20_000 }, async () => {
    const result = await runAgainst(messages => messages.filter(packet => sequenceOf(packet) !== 1), {
      pace: { window: 1 },
      measuredSeconds: 1.5,
    })
    assert.equal(result.lost, 4)
    assert.ok(result.operations > 4, 'it stopped at the first loss')
  })

  it('sees what a broker doubles', async () => {
    const result = await runAgainst(
      messages => messages.flatMap(packet => (sequenceOf(packet) === 2 ? [packet, packet] : [packet])),
      {},
    )
    assert.deepEqual([result.lost, result.doubled, result.reordered], [0, 4, 0])
  })

  it('sees what a broker reorders', async () => {
    // The first window of each publisher comes in one read.
    const result = await runAgainst(
      messages => (messages.some(packet => sequenceOf(packet) === 0) ? messages.toReversed() : messages),
      {},
    )
    assert.deepEqual([result.lost, result.doubled, result.reordered], [0, 0, 12])
  })

  it('takes a message that was never sent for a failure', async () => {
    const result = await runAgainst(
      messages =>
        messages.map(packet =>
          packet.cmd === 'publish'
            ? { ...packet, payload: Buffer.concat([Buffer.from(packet.payload), Buffer.of(0)]) }
            : packet,
        ),
      {},
    )
    assert.equal(result.operations, 0)
    assert.equal(result.firstFailure, 'a stray message')
  })

  it('gives each client its own token', async () => {
    const server = new RelayServer(honest)
    const tokens = ['one', 'two', 'three', 'four']
    const run = new LoadRun(loadPlan({ addresses: [await server.listen()], publishers: 2, subscribers: 2, tokens }))
    await run.prepare()
    run.close()
    server.close()
    assert.deepEqual(new Set(server.connects.map(({ password }) => password)), new Set(tokens))
    assert.equal(new Set(server.connects.map(({ clientId }) => clientId)).size, 4)
  })
})
