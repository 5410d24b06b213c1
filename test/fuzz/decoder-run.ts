import assert from 'node:assert/strict'
import { PacketDecoder } from '../../src/protocol/decoder.ts'
import { plainConnect } from '../support/packet-catalogue.ts'
import { PacketRecorder } from '../support/packet-recorder.ts'
import { corpus } from './corpus.ts'
import { mutate } from './mutator.ts'
import { SeededRandom } from './seeded-random.ts'

const PACKETS_MAX = 6
/** Decoding a stream of a few hundred bytes takes microseconds; this is a hang. */
const STREAM_MS_MAX = 1_000

/** What a run against the decoder did. */
export interface DecoderRun {
  readonly streams: number
  readonly bytes: number
  /** Packets that were taken. */
  readonly packets: number
  readonly violations: number
}

/**
 * Feeds mutated streams to the decoder until `untilMs` (of `performance.now()`). Whatever comes, it must not throw, must
 * give the same for two choppings, must stop at its first violation and hold no more than what has arrived.
 */
export function runDecoder(seed: number, untilMs: number): DecoderRun {
  const random = new SeededRandom(seed)
  const run = { streams: 0, bytes: 0, packets: 0, violations: 0 }
  while (performance.now() < untilMs) {
    const stream = makeStream(random)
    const startMs = performance.now()
    const whole = decode(stream, [stream.length])
    const chopped = decode(stream, cuts(stream.length, random))
    const context = `seed ${seed}, stream ${run.streams}: ${stream.toString('hex')}`
    assert.deepEqual(chopped, whole, `another chopping gives something else; ${context}`)
    assert.ok(whole.violations.length <= 1, `more than one violation; ${context}`)
    assert.ok(performance.now() - startMs < STREAM_MS_MAX, `too slow; ${context}`)
    run.streams += 1
    run.bytes += stream.length
    run.packets += whole.packets.length
    run.violations += whole.violations.length
  }
  return run
}

/** A CONNECT of some version, mostly unharmed, and a few packets behind it, mostly not. */
export function makeStream(random: SeededRandom): Buffer {
  const version = random.pick([3, 4, 5] as const)
  const first = random.fraction() < 0.8 ? plainConnect(version) : mutate(corpus, random)
  const others = Array.from({ length: random.below(PACKETS_MAX) }, () => mutate(corpus, random))
  return Buffer.concat([first, ...others])
}

function decode(stream: Buffer, ends: readonly number[]): PacketRecorder {
  const recorder = new PacketRecorder()
  const decoder = new PacketDecoder(recorder)
  let start = 0
  for (const end of ends) {
    decoder.decode(stream, start, end)
    start = end
    assert.ok(decoder.heldBytes <= end, 'more is held than has arrived')
  }
  return recorder
}

function cuts(length: number, random: SeededRandom): readonly number[] {
  const ends = Array.from({ length: random.below(12) }, () => random.below(length))
  return [...ends.toSorted((a, b) => a - b), length]
}
