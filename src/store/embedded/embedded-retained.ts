import { BrokerError } from '../../core/errors.ts'
import { type Message, NEVER_EXPIRES } from '../../core/message.ts'
import { messageSize } from '../../core/message-codec.ts'
import type { Clock } from '../../ports/clock.ts'
import type { RetainedStore } from '../../ports/store.ts'
import { DueHeap } from '../due-heap.ts'
import type { RetainedLimits } from '../memory-retained.ts'
import type { OpenGate } from '../open-gate.ts'
import { inPages } from '../paging.ts'
import { messageIn, type RawMessage } from '../raw-reads.ts'
import { type RetainedLevel, RetainedTree } from '../retained-tree.ts'
import type { Journal } from './journal.ts'
import { writeRetained, writeUnretained } from './operations.ts'
import type { StoredBodies } from './stored-bodies.ts'
import type { StoredBody } from './stored-body.ts'

/** What {@link EmbeddedRetained} works with. */
export interface EmbeddedRetainedParts {
  readonly gate: OpenGate
  readonly clock: Clock
  readonly journal: Journal
  readonly bodies: StoredBodies
  readonly limits: RetainedLimits
}

/**
 * Retained messages on disk: in memory are the levels of their names. Those that have expired make room for others; past a
 * bound a new one is refused with a `STORE_FULL` error, and one that was there under its name stays.
 */
export class EmbeddedRetained implements RetainedStore {
  readonly #parts: EmbeddedRetainedParts
  readonly #tree = new RetainedTree<StoredBody>()
  readonly #expiring = new DueHeap<RetainedLevel<StoredBody>>()
  #bytes = 0
  /** Retained messages that there are. */
  messages = 0

  constructor(parts: EmbeddedRetainedParts) {
    this.#parts = parts
  }

  async put(message: Message): Promise<void> {
    const { gate, clock, journal, bodies } = this.#parts
    gate.check()
    this.#removeExpired(clock.nowMs())
    this.#checkRoom(message)
    const body = bodies.add(journal, message)
    writeRetained(journal.begin(), body.length, body.expiresAtMs, message.topicName)
    this.adopt(message.topicName, body)
    await journal.safe()
  }

  async remove(topicName: string): Promise<void> {
    const { gate, journal } = this.#parts
    gate.check()
    const level = this.#tree.find(topicName)
    if (level?.message === undefined) return
    writeUnretained(journal.begin(), topicName)
    this.#remove(level)
    await journal.safe()
  }

  async *match(topicFilter: string, nowMs: number): AsyncGenerator<readonly Message[], void, undefined> {
    for await (const page of this.matchRaw(topicFilter, nowMs)) yield page.map(messageIn)
  }

  /** Like {@link match}, with the messages as their bytes are. */
  async *matchRaw(topicFilter: string, nowMs: number): AsyncGenerator<readonly RawMessage[], void, undefined> {
    const { gate, clock, bodies } = this.#parts
    gate.check()
    this.#removeExpired(nowMs)
    for await (const page of inPages(this.#tree.match(topicFilter), body => body.length, clock)) {
      // Some may have been replaced since the walk passed them, and their segment removed.
      const kept = page.filter(body => body.references > 0)
      await this.#readable(kept)
      const messages = await bodies.load(kept)
      if (messages.length > 0) yield messages
    }
  }

  /** The message of this name, if there is one. */
  find(topicName: string): StoredBody | undefined {
    return this.#tree.find(topicName)?.message
  }

  /** Puts in a message that the journal has, in the place of any that there is. */
  adopt(topicName: string, body: StoredBody): void {
    const level = this.#tree.grow(topicName)
    this.#count(level.message, -1)
    this.#count(body, 1)
    this.#parts.bodies.refer(body)
    if (level.message !== undefined) this.#parts.bodies.letGo(level.message)
    level.message = body
    this.#expiring.schedule(level, body.expiresAtMs === NEVER_EXPIRES ? Infinity : body.expiresAtMs)
  }

  /** One that is neither in memory nor on disk yet is on its way there. */
  async #readable(bodies: readonly StoredBody[]): Promise<void> {
    const onItsWay = bodies.some(body => body.onItsWay === undefined && body.segment === undefined)
    if (onItsWay) await this.#parts.journal.safe()
  }

  #checkRoom(message: Message): void {
    const { limits, journal } = this.#parts
    const replaced = this.find(message.topicName)
    const bytes = this.#bytes + messageSize(message) - (replaced?.length ?? 0)
    const fits =
      (replaced !== undefined || this.messages < limits.retainedMessagesMax) && bytes <= limits.retainedBytesMax
    if (!fits) throw new BrokerError('STORE_FULL', 'the store holds its limit of retained messages')
    journal.checkRoom()
  }

  /** The journal is not told: whoever reads it finds them expired too. */
  #removeExpired(nowMs: number): void {
    for (;;) {
      const level = this.#expiring.first()
      if (level === undefined || level.dueAtMs > nowMs) return
      this.#remove(level)
    }
  }

  #remove(level: RetainedLevel<StoredBody>): void {
    this.#expiring.remove(level)
    this.#count(level.message, -1)
    if (level.message !== undefined) this.#parts.bodies.letGo(level.message)
    this.#tree.clear(level)
  }

  #count(body: StoredBody | undefined, sign: 1 | -1): void {
    if (body === undefined) return
    this.messages += sign
    this.#bytes += sign * body.length
  }
}
