import { BrokerError } from '../../core/errors.ts'
import type { Message } from '../../core/message.ts'
import type { AppendResult, QueueTarget, ReceivedMark } from '../../ports/store.ts'
import { background, type Log } from '../../ports/telemetry.ts'
import type { QueueLimits } from '../memory-queue.ts'
import { type BatchedAppend, batchedSize, packBatch, readResults } from './append-batch.ts'
import type { Argument, RedisCalls } from './redis-calls.ts'
import { appendScript } from './scripts/append-script.ts'

/** Of one script, so that it does not hold Redis up for more than some 15 ms; a message goes whole. */
const MESSAGES_AT_ONCE = 512
const TARGETS_AT_ONCE = 1_000
const BYTES_AT_ONCE = 1024 * 1024
/** Of what waits for its batch; beyond that an append is refused. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024

/** What an {@link AppendLine} works with. */
export interface AppendLineParts {
  readonly calls: RedisCalls
  readonly log: Log
  /** Names this worker's batches; of its own after each start. Nothing is taken from one that is among the dead. */
  readonly name: string
  readonly limits: QueueLimits
}

interface Waiting extends BatchedAppend {
  readonly size: number
  readonly resolve: (result: AppendResult) => void
  readonly reject: (error: unknown) => void
}

/**
 * Appends of this worker, in their order: one batch is on its way, what comes meanwhile is gathered into the next. A
 * batch has a number, so that one whose answer was lost is sent again and still done once.
 */
export class AppendLine {
  readonly #parts: AppendLineParts
  #waiting: Waiting[] = []
  #waitingBytes = 0
  #batches = 0
  #closed = false
  /** While there is anything to do. */
  #working: Promise<void> | undefined = undefined

  constructor(parts: AppendLineParts) {
    this.#parts = parts
  }

  /** Resolves when the message is stored. */
  append(targets: readonly QueueTarget[], message: Message, received: ReceivedMark | undefined): Promise<AppendResult> {
    if (this.#closed) return Promise.reject(new BrokerError('STORE_UNAVAILABLE', 'the store is closed'))
    const size = batchedSize({ targets, message, received })
    if (this.#waitingBytes > 0 && this.#waitingBytes + size > WAITING_BYTES_MAX) {
      return Promise.reject(new BrokerError('STORE_UNAVAILABLE', 'too much waits for Redis'))
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ targets, message, received, size, resolve, reject })
      this.#waitingBytes += size
      if (this.#working === undefined) this.#begin()
    })
  }

  /** Refuses what comes from now on; resolves when what was appended before is stored, or was given up. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#working
  }

  #begin(): void {
    this.#working = this.#work()
    background(this.#parts.log, 'queue appends', this.#working)
  }

  async #work(): Promise<void> {
    try {
      while (this.#waiting.length > 0) await this.#oneBatch()
    } finally {
      this.#working = undefined
    }
  }

  async #oneBatch(): Promise<void> {
    const { calls, limits, name } = this.#parts
    let batch: readonly Waiting[] = []
    let args: readonly Argument[] | undefined
    const number = ++this.#batches
    // Formed when the tick ends, and the same each time it is sent.
    const formed = (): readonly Argument[] => {
      if (args !== undefined) return args
      batch = this.#take()
      const { queuedMessagesMax, queuedBytesMax, queueFull } = limits
      const bytesMax = queuedBytesMax === Infinity ? 'inf' : queuedBytesMax
      const oldestFirst = queueFull === 'discard-oldest' ? 1 : 0
      args = [name, number, queuedMessagesMax, bytesMax, oldestFirst, packBatch(batch, sizeOf(batch))]
      return args
    }
    try {
      const reply = await calls.held(() => calls.callWhenFlushed(appendScript, formed, 'acknowledged'))
      settle(batch, readResults(batch, reply))
    } catch (error) {
      // A call that is refused at once has formed no batch: those that wait are refused with it.
      for (const { reject } of batch.length > 0 ? batch : this.#take()) reject(error)
    }
  }

  #take(): readonly Waiting[] {
    let targets = 0
    let bytes = 0
    let count = 0
    for (const append of this.#waiting) {
      targets += append.targets.length
      bytes += append.size
      if (count > 0 && (count >= MESSAGES_AT_ONCE || targets > TARGETS_AT_ONCE || bytes > BYTES_AT_ONCE)) break
      count++
    }
    const taken = this.#waiting.splice(0, count)
    this.#waitingBytes -= sizeOf(taken)
    return taken
  }
}

function sizeOf(appends: readonly Waiting[]): number {
  return appends.reduce((sum, { size }) => sum + size, 0)
}

function settle(batch: readonly Waiting[], results: readonly (AppendResult | BrokerError)[]): void {
  for (const [index, { resolve, reject }] of batch.entries()) {
    const result = results[index]
    if (result === undefined || result instanceof BrokerError) reject(result)
    else resolve(result)
  }
}
