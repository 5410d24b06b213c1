import { BrokerError } from '../core/errors.ts'
import { type Message, NEVER_EXPIRES } from '../core/message.ts'
import { messageSize } from '../core/message-codec.ts'
import type { Clock } from '../ports/clock.ts'
import type { RetainedStore } from '../ports/store.ts'
import { DueHeap } from './due-heap.ts'
import type { OpenGate } from './open-gate.ts'
import { inPages } from './paging.ts'
import { type RetainedLevel, RetainedTree } from './retained-tree.ts'

/** Bounds of all retained messages together. */
export interface RetainedLimits {
  readonly retainedMessagesMax: number
  readonly retainedBytesMax: number
}

/**
 * Retained messages in memory. Those that have expired make room for others; past a bound a new message is refused
 * with a `STORE_FULL` error, and one that was there under its name stays.
 */
export class MemoryRetained implements RetainedStore {
  readonly #gate: OpenGate
  readonly #clock: Clock
  readonly #limits: RetainedLimits
  readonly #tree = new RetainedTree<Message>()
  readonly #expiring = new DueHeap<RetainedLevel<Message>>()
  /** Now. */
  messages = 0
  #bytes = 0

  constructor(gate: OpenGate, clock: Clock, limits: RetainedLimits) {
    this.#gate = gate
    this.#clock = clock
    this.#limits = limits
  }

  async put(message: Message): Promise<void> {
    this.#gate.check()
    this.#removeExpired(this.#clock.nowMs())
    const replaced = this.#tree.find(message.topicName)?.message
    this.#checkRoom(message, replaced)
    const level = this.#tree.grow(message.topicName)
    this.#count(replaced, -1)
    this.#count(message, 1)
    level.message = message
    this.#expiring.schedule(level, message.expiresAtMs === NEVER_EXPIRES ? Infinity : message.expiresAtMs)
  }

  async remove(topicName: string): Promise<void> {
    this.#gate.check()
    const level = this.#tree.find(topicName)
    if (level?.message !== undefined) this.#remove(level)
  }

  async *match(topicFilter: string, nowMs: number): AsyncGenerator<readonly Message[], void, undefined> {
    this.#gate.check()
    this.#removeExpired(nowMs)
    yield* inPages(this.#tree.match(topicFilter), messageSize, this.#clock)
  }

  #checkRoom(message: Message, replaced: Message | undefined): void {
    const { retainedMessagesMax, retainedBytesMax } = this.#limits
    const bytes = this.#bytes + messageSize(message) - (replaced === undefined ? 0 : messageSize(replaced))
    if ((replaced !== undefined || this.messages < retainedMessagesMax) && bytes <= retainedBytesMax) return
    throw new BrokerError('STORE_FULL', 'the store holds its limit of retained messages')
  }

  #removeExpired(nowMs: number): void {
    for (;;) {
      const level = this.#expiring.first()
      if (level === undefined || level.dueAtMs > nowMs) return
      this.#remove(level)
    }
  }

  #remove(level: RetainedLevel<Message>): void {
    this.#expiring.remove(level)
    this.#count(level.message, -1)
    this.#tree.clear(level)
  }

  #count(message: Message | undefined, sign: 1 | -1): void {
    if (message === undefined) return
    this.messages += sign
    this.#bytes += sign * messageSize(message)
  }
}
