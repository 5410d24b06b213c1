import { BackOff } from '../core/back-off.ts'
import type { Counters } from '../core/counters.ts'
import type { EndOfTick } from '../core/end-of-tick.ts'
import { allowAllPermissions, type Permissions } from '../core/permissions.ts'
import { Awaiting } from '../core/inflight-window.ts'
import { type Message, NEVER_EXPIRES } from '../core/message.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import type { DeliveryOptions, QueuedMessage, QueueStore } from '../ports/store.ts'
import { background, type Log } from '../ports/telemetry.ts'
import { appendAcknowledgement } from '../protocol/encoder.ts'
import { PUBREL } from '../protocol/packets.ts'
import type { PublishTemplate } from '../protocol/publish-template.ts'
import { ReasonCode } from '../protocol/reason-codes.ts'
import { IdleSignal } from './idle-signal.ts'
import { fillTemplate } from './publication.ts'
import { unlessStale } from './stale-epoch.ts'
import type { Subscriber } from './subscriber.ts'

const READ_MESSAGES_MAX = 128
const RETRY_FIRST_MS = 100
const RETRY_LONGEST_MS = 5_000

/** What the drains of one worker share. */
export interface DrainContext {
  readonly queues: QueueStore
  readonly counters: Counters
  readonly endOfTick: EndOfTick
  readonly clock: Clock
  readonly log: Log
  readonly template: PublishTemplate
}

/** The session whose queue is drained. */
export interface DrainedSession {
  readonly subscriber: Subscriber
  readonly epoch: number
  /** Messages up to this position may have been sent on an earlier connection: they are sent with DUP. */
  readonly sentUpTo: number
}

/**
 * Brings the queue of a connected persistent session to its client: reads it in order as the window has room, and
 * removes what is acknowledged, gathered per tick. The queue in the store is the only place a message waits in.
 */
export class QueueDrain {
  /** What is in the queue may have come when the client had others; replaced with the client's. */
  permissions: Permissions = allowAllPermissions
  readonly #context: DrainContext
  readonly #session: DrainedSession
  readonly #subscriber: Subscriber
  /** Newest position that was read. */
  #readUpTo = 0
  #reading = false
  /** Something was appended while a read was under way. */
  #wakeAgain = false
  #exhausted = false
  #closed = false
  #removed: number[] = []
  readonly #idle = new IdleSignal()
  /** Undefined while every read succeeds. */
  #backOff: BackOff | undefined = undefined
  /** Set while a read has failed and is to be tried again. */
  #retry: Timer | undefined = undefined

  constructor(context: DrainContext, session: DrainedSession) {
    this.#context = context
    this.#session = session
    this.#subscriber = session.subscriber
  }

  /** The newest position that was sent on this connection, or before. */
  get sentUpTo(): number {
    return Math.max(this.#session.sentUpTo, this.#readUpTo)
  }

  /** The queue has got something. */
  wake(): void {
    this.#exhausted = false
    this.#wakeAgain = this.#reading
    this.pump()
  }

  /**
   * The message at `position` is safe and was appended at this worker. Where the client has everything before it, and takes
   * more, it is sent as it is; else it is read with the others. Neither happens to one that was read already.
   */
  handOver(position: number, message: Message, topicBytes: Buffer, delivery: DeliveryOptions): void {
    if (position <= this.#readUpTo || this.#closed) return
    if (!this.#followsOn(position)) return this.wake()
    this.#readUpTo = position
    this.#sendMessage(position, message, topicBytes, delivery)
  }

  /** Reads on if the client can take more. Called after acknowledgements and drains. */
  pump(): void {
    if (this.#calm) this.#idle.idle()
    if (this.#reading || this.#exhausted || this.#closed || this.#retry !== undefined) return
    if (!this.#subscriber.ready) return
    this.#reading = true
    background(this.#context.log, 'queue drain', this.#read())
  }

  /**
   * Resolves when all of the queue has been sent and half of the window is free, or the connection is gone; for who
   * appends many at once and is to leave room in the queue for others.
   */
  async idle(): Promise<void> {
    if (this.#calm || this.#closed) return
    await this.#idle.wait()
  }

  /** The message at `position` is completely acknowledged. */
  remove(position: number): void {
    if (this.#removed.length === 0) this.#context.endOfTick.add(this)
    this.#removed.push(position)
  }

  /** Hands the removals of this tick to the store. */
  flush(): void {
    const positions = this.#removed
    this.#removed = []
    const removal = this.#context.queues.remove(this.#subscriber.clientId, this.#session.epoch, positions)
    background(this.#context.log, 'queue removal', removal.catch(unlessStale))
    if (this.#calm) this.#idle.idle()
  }

  /** The connection is gone: nothing more is read. */
  close(): void {
    this.#closed = true
    this.#retry?.cancel()
    this.#idle.idle()
  }

  /** Whether the message at `position` is the next one, and may be sent now. */
  #followsOn(position: number): boolean {
    const isNext = this.#exhausted && !this.#reading && position === this.#readUpTo + 1
    return isNext && this.#subscriber.window.hasRoomFor(position) && this.#subscriber.ready
  }

  async #read(): Promise<void> {
    try {
      const { window } = this.#subscriber
      const room = Math.min(READ_MESSAGES_MAX, window.limit - window.count)
      const messages = await this.#readOn(room)
      if (this.#closed) return
      const atEnd = messages.length < room && messages.at(-1)?.moreFollow !== true
      this.#exhausted = atEnd && !this.#wakeAgain
      this.#wakeAgain = false
      for (const message of messages) {
        // Positions after one that has no room are read again once it has.
        if (!window.hasRoomFor(message.position)) {
          this.#exhausted = false
          return
        }
        this.#readUpTo = message.position
        this.#send(message)
      }
    } finally {
      this.#reading = false
    }
    this.pump()
  }

  async #readOn(room: number): Promise<readonly QueuedMessage[]> {
    try {
      const messages = await this.#context.queues.read(this.#subscriber.clientId, this.#readUpTo, room)
      this.#backOff = undefined
      return messages
    } catch (error) {
      this.#retryLater()
      throw error
    }
  }

  #retryLater(): void {
    if (this.#closed) return
    this.#backOff ??= new BackOff(RETRY_FIRST_MS, RETRY_LONGEST_MS)
    this.#retry = this.#context.clock.after(this.#backOff.nextDelayMs(), () => {
      this.#retry = undefined
      this.pump()
    })
  }

  /** All was sent, and what is in the queue yet, unacknowledged or to be removed, is at most half of a window. */
  get #calm(): boolean {
    const { window } = this.#subscriber
    return this.#exhausted && (window.count + this.#removed.length) * 2 <= window.limit
  }

  #send(queued: QueuedMessage): void {
    const { message, position, delivery } = queued
    if (queued.released) {
      // v5 [MQTT-4.4.0-1]: the client has the message; what is sent again is the PUBREL.
      const packetId = this.#subscriber.window.send(position, Awaiting.pubcomp)
      const { connection, protocolVersion } = this.#subscriber
      this.#context.counters.controlPacketsSent++
      appendAcknowledgement(connection.out, PUBREL, protocolVersion, packetId, ReasonCode.Success)
      return
    }
    this.#sendMessage(position, message, Buffer.from(message.topicName), delivery)
  }

  #sendMessage(position: number, message: Message, topicBytes: Buffer, delivery: DeliveryOptions): void {
    const { template, counters, clock } = this.#context
    const nowMs = message.expiresAtMs === NEVER_EXPIRES ? 0 : clock.nowMs()
    const duplicate = position <= this.#session.sentUpTo
    // v5 [MQTT-4.3.3-7], [MQTT-4.4.0-1]: what may have been sent goes on to its end.
    if (!duplicate && message.expired(nowMs)) {
      counters.droppedExpired++
      this.remove(position)
      return
    }
    if (!this.permissions.mayReceive(message.topicName)) {
      counters.droppedNotAuthorized++
      this.remove(position)
      return
    }
    fillTemplate(template, message, topicBytes, nowMs)
    const { topicName } = message
    const { qos, retain, subscriptionIdentifiers } = delivery
    if (qos === 0) return this.remove(position)
    if (!this.#subscriber.sendAt(position, topicName, template, qos, retain, duplicate, subscriptionIdentifiers)) {
      this.remove(position)
    }
  }
}
