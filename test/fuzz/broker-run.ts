import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { OpenGuardbee } from '../conformance/brokers/guardbee.ts'
import { findings } from './corpus.ts'
import { makeStream } from './decoder-run.ts'
import { residentBytes } from './process-memory.ts'
import { SeededRandom } from './seeded-random.ts'
import { Witness } from './witness.ts'

const ATTACKERS = 12
/** How long an attacker waits to be closed before it leaves by itself. */
const PATIENCE_MS = 30
const MEBIBYTE = 1024 * 1024
/** What the garbage of such a run may make a worker grow by, before it counts as a leak; per worker. */
const GROWTH_BYTES_MAX = 200 * MEBIBYTE
const LATENCY_P99_MS_MAX = 1_000

/** What a run against a live broker did. */
export interface BrokerRun {
  readonly streams: number
  readonly bytes: number
  readonly closedByBroker: number
  readonly witnessMessages: number
  readonly witnessP99Ms: number
  readonly grownBytes: number
}

interface Tally {
  streams: number
  bytes: number
  closedByBroker: number
}

/**
 * Sends mutated streams to a live guardbee until `untilMs`, while an ordinary client goes on. No process may end, no
 * error may be ours, memory must not grow for good and the ordinary client must not notice much.
 */
export async function runBroker({ guardbee, target }: OpenGuardbee, seed: number, untilMs: number): Promise<BrokerRun> {
  const workers = guardbee.startedWorkers
  const pids = workers.map(({ pid }) => pid)
  const witness = await Witness.start(target, `witness-${seed}`)
  const beforeBytes = residentBytes(pids)
  const tally: Tally = { streams: 0, bytes: 0, closedByBroker: 0 }
  for (const stream of findings()) await attack(target.port, stream, tally)
  await Promise.all(
    Array.from({ length: ATTACKERS }, (_, index) => attackUntil(target.port, seed + index, untilMs, tally)),
  )
  await witness.stop()
  const grownBytes = residentBytes(pids) - beforeBytes
  const errors = guardbee.events.filter(({ fields }) => fields['level'] === 'error')
  assert.deepEqual(errors, [], `seed ${seed}: guardbee logged errors of its own`)
  assert.deepEqual(guardbee.startedWorkers, workers, `seed ${seed}: a worker was replaced`)
  assert.ok(grownBytes < GROWTH_BYTES_MAX * pids.length, `seed ${seed}: memory has grown by ${grownBytes} bytes`)
  const witnessP99Ms = Math.round(witness.latencyMs(0.99))
  assert.ok(witnessP99Ms < LATENCY_P99_MS_MAX, `seed ${seed}: the witness waited ${witnessP99Ms} ms`)
  return { ...tally, witnessMessages: witness.latenciesMs.length, witnessP99Ms, grownBytes }
}

async function attackUntil(port: number, seed: number, untilMs: number, tally: Tally): Promise<void> {
  const random = new SeededRandom(seed)
  while (performance.now() < untilMs) await attack(port, makeStream(random), tally)
}

/** One connection with one stream, in two segments. */
async function attack(port: number, stream: Buffer, tally: Tally): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.on('error', () => {}) // a reset is an answer too
  socket.resume()
  await once(socket, 'connect')
  const closed = once(socket, 'close').then(() => true)
  const middle = stream.length >> 1
  socket.write(stream.subarray(0, middle))
  await sleep(1)
  if (!socket.destroyed) socket.write(stream.subarray(middle))
  if (await Promise.race([closed, sleep(PATIENCE_MS, false)])) tally.closedByBroker += 1
  socket.destroy()
  tally.streams += 1
  tally.bytes += stream.length
}
