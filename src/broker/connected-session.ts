import type { Subscription } from '../core/subscription.ts'
import type { StoredWill } from '../ports/store.ts'
import type { QueueDrain } from './queue-drain.ts'
import type { Subscriber } from './subscriber.ts'
import type { LiveEntry } from './subscribers.ts'

/** A subscription of a connected session; `live` is its place in the subscription table for a non-persistent one. */
export interface HeldSubscription {
  readonly subscription: Subscription
  readonly live: LiveEntry | undefined
}

/** Shared by all sessions that begin; nothing is ever added. */
const NONE_BEFORE = new Set<number>()
const NO_SUBSCRIPTIONS: ReadonlyMap<string, HeldSubscription> = new Map()

/** The session of a connected client, as far as this worker holds it. */
export class ConnectedSession {
  readonly clientId: string
  /** Of the claim; every write to the store names it. Changes once, where the store hears of the claim late. */
  epoch: number
  /** Who the client proved to be. */
  readonly owner: string
  /** It has a queue: its Session Expiry Interval is above 0, or it goes on from an earlier connection. */
  readonly persistent: boolean
  readonly subscriber: Subscriber
  /** Undefined for a session that is not persistent. */
  readonly drain: QueueDrain | undefined
  /** May be changed by DISCONNECT (v5 3.14.2.2.2). */
  sessionExpiryIntervalSeconds: number
  readonly will: StoredWill | undefined
  /** Whether the store has it, as it does while the client may publish it. */
  willStored = true
  /** QoS 2 messages received and not yet released, by Packet Identifier; undefined while there was none. */
  receivedPacketIds: Set<number> | undefined
  /** Those among them that came on an earlier connection: this one's Receive Maximum does not count them (v5 4.9). */
  readonly #receivedBefore: Set<number>
  /** Whether retained messages are being sent. */
  replaying = false
  #subscriptions: Map<string, HeldSubscription> | undefined = undefined
  #replays: Map<string, Subscription> | undefined = undefined

  constructor(fields: {
    readonly clientId: string
    readonly epoch: number
    readonly owner: string
    readonly persistent: boolean
    readonly subscriber: Subscriber
    readonly drain: QueueDrain | undefined
    readonly sessionExpiryIntervalSeconds: number
    readonly will: StoredWill | undefined
    readonly receivedPacketIds: readonly number[]
  }) {
    this.clientId = fields.clientId
    this.epoch = fields.epoch
    this.owner = fields.owner
    this.persistent = fields.persistent
    this.subscriber = fields.subscriber
    this.drain = fields.drain
    this.sessionExpiryIntervalSeconds = fields.sessionExpiryIntervalSeconds
    this.will = fields.will
    this.receivedPacketIds = fields.receivedPacketIds.length > 0 ? new Set(fields.receivedPacketIds) : undefined
    this.#receivedBefore = fields.receivedPacketIds.length > 0 ? new Set(fields.receivedPacketIds) : NONE_BEFORE
  }

  /** By Topic Filter, with the `$share` prefix. */
  get subscriptions(): ReadonlyMap<string, HeldSubscription> {
    return this.#subscriptions ?? NO_SUBSCRIPTIONS
  }

  /** Retained messages are to be sent for this subscription. */
  awaitReplay(subscription: Subscription): void {
    this.#replays ??= new Map()
    this.#replays.set(subscription.topicFilter, subscription)
  }

  /** The next subscription that retained messages are to be sent for, which is then forgotten; undefined: none. */
  nextReplay(): Subscription | undefined {
    for (const [topicFilter, subscription] of this.#replays ?? []) {
      this.#replays?.delete(topicFilter)
      return subscription
    }
    this.#replays = undefined
    return undefined
  }

  /** QoS 2 messages that were received on this connection and not released. */
  get receivedHere(): number {
    return (this.receivedPacketIds?.size ?? 0) - this.#receivedBefore.size
  }

  /** A QoS 2 message is released, or was not taken; false: it is not known. */
  forgetReceived(packetId: number): boolean {
    this.#receivedBefore.delete(packetId)
    return this.receivedPacketIds?.delete(packetId) === true
  }

  hold(held: HeldSubscription): void {
    this.#subscriptions ??= new Map()
    this.#subscriptions.set(held.subscription.topicFilter, held)
  }

  drop(topicFilter: string): void {
    this.#subscriptions?.delete(topicFilter)
    this.#replays?.delete(topicFilter)
  }

  /** The Will Message if it is to be published the moment the connection is lost. */
  get immediateWill(): StoredWill | undefined {
    if (this.will === undefined) return undefined
    // v5 3.1.2.5: the session ends with a non-persistent connection, and with it the delay.
    const waits = this.will.delayIntervalSeconds > 0 && this.sessionExpiryIntervalSeconds > 0
    return waits ? undefined : this.will
  }
}
