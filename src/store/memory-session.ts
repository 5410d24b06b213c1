import type { Subscription } from '../core/subscription.ts'
import type { WorkerAddress } from '../ports/bus.ts'
import type { Release, SessionClaim, StoredWill } from '../ports/store.ts'
import { type Due, NOT_DUE } from './due-heap.ts'
import type { MemoryQueue } from './memory-queue.ts'

/** Session Expiry Interval of a session that does not expire (v5 3.1.2.11.2). */
const NEVER_EXPIRES_SECONDS = 0xffffffff

const NO_SUBSCRIPTIONS: ReadonlyMap<string, Subscription> = new Map()
const NO_PACKET_IDS: ReadonlySet<number> = new Set()

/** What a session knows of its queue, whatever that is made of. */
export interface SessionQueue {
  /** Of the newest message that was ever taken; 0: none. */
  readonly lastPosition: number
}

/** A connection that holds a session. */
export type Holder = Pick<SessionClaim, 'home' | 'sessionExpiryIntervalSeconds' | 'will'>

/** Everything that is kept of one session, from its first claim to its end. */
export class MemorySession<Queue extends SessionQueue = MemoryQueue> implements Due {
  readonly clientId: string
  readonly owner: string
  epoch = 0
  /** The worker that holds the connection; undefined: there is none. */
  home: WorkerAddress | undefined = undefined
  sessionExpiryIntervalSeconds = 0
  will: StoredWill | undefined = undefined
  /** Only while there is no connection. */
  willDueAtMs: number | undefined = undefined
  expiresAtMs = Infinity
  /** Newest position of the queue that may have been sent. */
  sentUpTo = 0
  /** It is that of an earlier connection. */
  #goesOn = false
  // Most sessions are not persistent and never have any of these.
  #subscriptions: Map<string, Subscription> | undefined = undefined
  #receivedPacketIds: Set<number> | undefined = undefined
  queue: Queue | undefined = undefined
  dueAtMs = Infinity
  heapIndex: number = NOT_DUE

  constructor(clientId: string, owner: string) {
    this.clientId = clientId
    this.owner = owner
  }

  /** By Topic Filter. */
  get subscriptions(): ReadonlyMap<string, Subscription> {
    return this.#subscriptions ?? NO_SUBSCRIPTIONS
  }

  /** QoS 2 messages received and not released. */
  get receivedPacketIds(): ReadonlySet<number> {
    return this.#receivedPacketIds ?? NO_PACKET_IDS
  }

  subscribe(subscription: Subscription): void {
    this.#subscriptions ??= new Map()
    this.#subscriptions.set(subscription.topicFilter, subscription)
  }

  unsubscribe(topicFilter: string): void {
    this.#subscriptions?.delete(topicFilter)
  }

  markReceived(packetId: number, received: boolean): void {
    this.#receivedPacketIds ??= new Set()
    if (received) this.#receivedPacketIds.add(packetId)
    else this.#receivedPacketIds.delete(packetId)
  }

  /** Its queue takes messages: of one that goes on also when it is to end with this connection. */
  get persistent(): boolean {
    return this.#goesOn || this.sessionExpiryIntervalSeconds > 0
  }

  /** A connection holds the session from now on; the will of the one before is forgotten. */
  hold(claim: Holder, epoch: number, goesOn: boolean = this.epoch !== 0): void {
    // A home that has not let go of the session may have sent everything, or does so before it learns of the claim.
    if (this.home !== undefined) this.sentUpTo = this.queue?.lastPosition ?? 0
    this.#goesOn = goesOn
    this.epoch = epoch
    this.home = claim.home
    this.sessionExpiryIntervalSeconds = claim.sessionExpiryIntervalSeconds
    this.will = claim.will
    this.willDueAtMs = undefined
    this.expiresAtMs = Infinity
  }

  /** The connection has ended; the will is due at the end of the session at the latest (v5 3.1.2.5). */
  letGo({ expiresAtMs, willDueAtMs, sentUpTo }: Release): void {
    this.home = undefined
    this.expiresAtMs = expiresAtMs
    this.sentUpTo = sentUpTo
    if (willDueAtMs === undefined) this.will = undefined
    this.willDueAtMs = this.will === undefined ? undefined : Math.min(willDueAtMs ?? Infinity, expiresAtMs)
  }

  /** How the session is left when the worker that holds it dies at `nowMs`: everything in its queue counts as sent. */
  lostAt(nowMs: number): Release {
    const seconds = this.sessionExpiryIntervalSeconds
    return {
      expiresAtMs: seconds === NEVER_EXPIRES_SECONDS ? Infinity : nowMs + seconds * 1000,
      willDueAtMs: this.will === undefined ? undefined : nowMs + this.will.delayIntervalSeconds * 1000,
      sentUpTo: this.queue?.lastPosition ?? 0,
    }
  }

  /** Whether the session has ended, though it was not taken away yet. */
  over(nowMs: number): boolean {
    return this.expiresAtMs <= nowMs
  }

  /** When something of the session is to be done next. */
  get nextDueMs(): number {
    return Math.min(this.expiresAtMs, this.willDueAtMs ?? Infinity)
  }

  /** Takes the will out if it is due. */
  takeDueWill(nowMs: number): StoredWill | undefined {
    if (this.willDueAtMs === undefined || this.willDueAtMs > nowMs) return undefined
    const { will } = this
    this.will = undefined
    this.willDueAtMs = undefined
    return will
  }

  /**
   * The will that a new claim makes due. Where a connection is still open and its will has no delay, the home
   * publishes it when it lets go, and there is nothing to do here.
   */
  willDueByClaim(continues: boolean, nowMs: number): StoredWill | undefined {
    if (this.will === undefined) return undefined
    // v5 [MQTT-3.1.3-9]: a will that is not due yet is not sent when the session goes on.
    if (continues) return this.takeDueWill(nowMs)
    const delaySeconds = Math.min(this.will.delayIntervalSeconds, this.sessionExpiryIntervalSeconds)
    return this.home === undefined || delaySeconds > 0 ? this.will : undefined
  }
}
