import { ByteReader } from '../../core/byte-codec.ts'
import type { Message } from '../../core/message.ts'
import type { AppendResult, QueuedMessage, QueueStore, QueueTarget, ReceivedMark } from '../../ports/store.ts'
import { deliveryCodec, messageCodec } from '../store-values.ts'
import type { AppendLine } from './append-line.ts'
import type { RedisCalls } from './redis-calls.ts'
import { bytesIn, listIn, valueOf } from './replies.ts'
import { markReleasedScript } from './scripts/mark-released-script.ts'
import { readQueueScript } from './scripts/read-queue-script.ts'
import { removeQueuedScript } from './scripts/remove-queued-script.ts'

const TARGETS_AT_ONCE = 1_000
const READ_AT_ONCE = 256
const READ_BYTES_AT_ONCE = 1024 * 1024
/** Of one answer; a single message may be larger. */
const READ_BYTES_MAX = 128 * 1024 * 1024
const RUNS_AT_ONCE = 500
const RUN_POSITIONS_MAX = 500

/** Where things stand in an entry of a queue (see queue-pieces.ts). */
const KIND = 8
const SIZE = 9
const AFTER_EXPIRY = 21
const AFTER_NUMBER = 29
const WITH_MESSAGE = 0
/** The number of references stands before a body. */
const REFERENCES_BYTES = 4

/** Queues in Redis, a sorted set by position for each session. */
export class RedisQueues implements QueueStore {
  readonly #calls: RedisCalls
  readonly #line: AppendLine
  readonly #reader = new ByteReader()

  constructor(calls: RedisCalls, line: AppendLine) {
    this.#calls = calls
    this.#line = line
  }

  /** Very many targets are served in steps, each with the body; with a mark in one, for that is all or nothing. */
  async append(targets: readonly QueueTarget[], message: Message, received?: ReceivedMark): Promise<AppendResult> {
    if (targets.length <= TARGETS_AT_ONCE || received !== undefined) {
      return await this.#line.append(targets, message, received)
    }
    const steps: Promise<AppendResult>[] = []
    for (let from = 0; from < targets.length; from += TARGETS_AT_ONCE) {
      steps.push(this.#line.append(targets.slice(from, from + TARGETS_AT_ONCE), message, undefined))
    }
    const results = await Promise.all(steps)
    return {
      wakes: results.flatMap(({ wakes }) => wakes),
      dropped: results.reduce((sum, { dropped }) => sum + dropped, 0),
    }
  }

  async read(clientId: string, after: number, limit: number): Promise<readonly QueuedMessage[]> {
    const messages: QueuedMessage[] = []
    let bytes = 0
    let position = after
    while (messages.length < limit && bytes < READ_BYTES_MAX) {
      const most = Math.min(READ_AT_ONCE, limit - messages.length)
      const args = [clientId, position, most, READ_BYTES_AT_ONCE]
      const [entries, bodies, released, more] = listIn(await this.#calls.sure(readQueueScript, args))
      const found = listIn(entries).map(bytesIn)
      for (const entry of found) bytes += entry.readUInt32BE(SIZE)
      position = found.at(-1)?.readDoubleBE(0) ?? position
      messages.push(...this.#queued(found, listIn(bodies), listIn(released)))
      if (more === 0 && found.length < most) break
    }
    return messages
  }

  async markReleased(clientId: string, epoch: number, position: number): Promise<void> {
    await this.#calls.sure(markReleasedScript, [clientId, epoch, position], 'acknowledged')
  }

  /** May be late, or come twice: positions are never used again. */
  async remove(clientId: string, epoch: number, positions: readonly number[]): Promise<void> {
    const runs = runsOf(positions)
    let from = 0
    // Without positions too: whether the session was claimed again is told either way.
    do {
      const args = [clientId, epoch, ...runs.slice(from, from + RUNS_AT_ONCE).flat()]
      await this.#calls.sure(removeQueuedScript, args)
      from += RUNS_AT_ONCE
    } while (from < runs.length)
  }

  #queued(entries: readonly Buffer[], bodies: readonly unknown[], released: readonly unknown[]): QueuedMessage[] {
    let nextBody = 0
    const queued: QueuedMessage[] = []
    for (const [index, entry] of entries.entries()) {
      const carries = entry[KIND] === WITH_MESSAGE
      const body = carries ? undefined : bytesIn(bodies[nextBody++])
      const reader = this.#reader.over(entry, carries ? AFTER_EXPIRY : AFTER_NUMBER, entry.length)
      const delivery = deliveryCodec.read(reader)
      const message =
        body === undefined ? messageCodec.read(reader) : valueOf(messageCodec, body.subarray(REFERENCES_BYTES))
      queued.push({ position: entry.readDoubleBE(0), message, released: released[index] === 1, delivery })
    }
    return queued
  }
}

/** First and last of each run of positions that follow one another, no run longer than one step may be. */
function runsOf(positions: readonly number[]): readonly (readonly [number, number])[] {
  const runs: [number, number][] = []
  for (const position of [...positions].sort((one, other) => one - other)) {
    const run = runs.at(-1)
    if (run !== undefined && position <= run[1] + 1 && position - run[0] < RUN_POSITIONS_MAX) run[1] = position
    else runs.push([position, position])
  }
  return runs
}
