import type { Message } from '../core/message.ts'
import type { Subscription } from '../core/subscription.ts'
import type { WorkerAddress } from './bus.ts'

/** A CONNECT that wants its session. */
export interface SessionClaim {
  readonly clientId: string
  /** The worker that holds the session from now on. */
  readonly home: WorkerAddress
  readonly cleanStart: boolean
  /** Who the client proved to be; a session of another owner is neither taken over nor destroyed. */
  readonly owner: string
  /**
   * Seconds after the connection ends; 0xFFFFFFFF: never. Above 0 the session is persistent; with 0, one that goes on from
   * an earlier connection stays so until this one ends.
   */
  readonly sessionExpiryIntervalSeconds: number
  readonly will: StoredWill | undefined
}

/** A Will Message that waits for the end of its connection. */
export interface StoredWill {
  /** Without an expiry: that counts from the publication. */
  readonly message: Message
  readonly delayIntervalSeconds: number
  /** Undefined: the message does not expire. */
  readonly messageExpiryIntervalSeconds: number | undefined
}

/** How a session is left by its connection. */
export interface Release {
  /** When the session ends; Infinity: never. */
  readonly expiresAtMs: number
  /** Undefined: no will is to be published. */
  readonly willDueAtMs: number | undefined
  /** Newest position of the queue that may have been sent; the next connection sends up to there with DUP. */
  readonly sentUpTo: number
}

/** What a claim found. */
export type ClaimResult =
  | { readonly kind: 'owned-by-another' }
  | {
      readonly kind: 'claimed'
      /** Raised by each claim; every later write names it, and a write with an older one is refused (`STALE_EPOCH`). */
      readonly epoch: number
      /** Whether there was a persistent session before, continued or not: publishers may know its subscriptions. */
      readonly persistentBefore: boolean
      /** Whether the state below is that of an earlier connection. */
      readonly present: boolean
      /** The worker that held the session with a connection open, if there was one; it must let go of it. */
      readonly previousHome: WorkerAddress | undefined
      readonly subscriptions: readonly Subscription[]
      /** Packet Identifiers of QoS 2 messages received and not yet released by the client. */
      readonly receivedPacketIds: readonly number[]
      /**
       * Newest position of the queue that may have been sent on an earlier connection; 0: none. Where one was open
       * until now this is the newest position that there is.
       */
      readonly sentUpTo: number
      /**
       * Will of an earlier connection that nobody has taken yet, or whose delay is cut short because a Clean Start ends its
       * session; the claimant's to publish and to settle, as if it had come from {@link SessionStore.takeDue}.
       */
      readonly dueWill: DueWill | undefined
    }

/** A will that is its taker's to publish now. */
export interface DueWill {
  /** Names it when it is settled. */
  readonly ticket: number
  readonly will: StoredWill
}

/** A session that lost its connection for good, or whose will is due. */
export interface DueSession {
  /** Names it when it is settled. */
  readonly ticket: number
  readonly clientId: string
  /** Of its last claim. */
  readonly epoch: number
  /** To be published now. */
  readonly will: StoredWill | undefined
  /** A persistent session is gone with everything in it: routes to its queue are to be withdrawn. */
  readonly expired: boolean
}

/**
 * Sessions by Client Identifier. Every CONNECT claims; persistent sessions outlive their connection.
 * All writes name the epoch of the claim.
 */
export interface SessionStore {
  /** Atomic: of two claims at the same moment one is first, and the second sees it as `previousHome`. */
  claim(claim: SessionClaim): Promise<ClaimResult>
  /** The connection ended and the session stays. */
  release(clientId: string, epoch: number, release: Release): Promise<void>
  /** The will of the connection that holds the session, from now on; undefined: it has none. */
  setWill(clientId: string, epoch: number, will: StoredWill | undefined): Promise<void>
  /** The session is over: removes everything of it. */
  end(clientId: string, epoch: number): Promise<void>
  /** Remembers, or forgets, a QoS 2 message that was received (v5 4.3.3). */
  markReceived(clientId: string, epoch: number, packetId: number, received: boolean): Promise<void>
  /**
   * A worker died: its persistent sessions count as released at `nowMs`, with everything in their queues sent; the
   * others end; their wills become due after their delay, and what it has taken and not settled is due again. Called by
   * every survivor; the second call finds nothing.
   */
  abandon(home: WorkerAddress, nowMs: number): Promise<void>
  /**
   * Atomically takes up to `limit` sessions with something due, so that exactly one caller acts on each. What was taken
   * outlives a crash until it is settled: it is due again once `taker` is abandoned, or all processes have ended. A taker
   * that was given up is refused (`STALE_EPOCH`).
   */
  takeDue(taker: WorkerAddress, nowMs: number, limit: number): Promise<readonly DueSession[]>
  /** What `taker` took, or was given with a claim, is done: nobody takes it again. */
  settleDue(taker: WorkerAddress, tickets: readonly number[]): Promise<void>
}

/** A subscription, the client it belongs to, and the claim under which the session is listed. */
export interface OwnedSubscription {
  readonly clientId: string
  readonly epoch: number
  readonly subscription: Subscription
}

/** Subscriptions of persistent sessions. */
export interface SubscriptionStore {
  /** One call per SUBSCRIBE; a filter that exists is replaced. */
  put(clientId: string, epoch: number, subscriptions: readonly Subscription[]): Promise<void>
  /** One call per UNSUBSCRIBE. */
  remove(clientId: string, epoch: number, topicFilters: readonly string[]): Promise<void>
  /** Every subscription of every persistent session, for a worker that starts; in pages. */
  all(): AsyncIterable<readonly OwnedSubscription[]>
}

/** A message in the queue of a persistent session. */
export interface QueuedMessage {
  /** Ascending within a queue, never used again; the Packet Identifier follows from it. */
  readonly position: number
  readonly message: Message
  /** QoS 2: PUBREC was seen, only PUBREL is still to be sent. */
  readonly released: boolean
  /** The subscription's share of the delivery. */
  readonly delivery: DeliveryOptions
  /** The last one of an answer that has reached its bound in bytes: the queue may go on behind it. */
  readonly moreFollow?: true
}

/** How a message goes to one subscriber after all of its matching subscriptions were merged. */
export interface DeliveryOptions {
  readonly qos: 0 | 1 | 2
  /** The RETAIN flag as the subscriber gets it. */
  readonly retain: boolean
  readonly subscriptionIdentifiers: readonly number[]
}

/** One queue that a message goes to. */
export interface QueueTarget {
  readonly clientId: string
  readonly delivery: DeliveryOptions
}

/** Where a client is on-line that has got something in its queue. */
export interface Wake {
  readonly clientId: string
  readonly home: WorkerAddress
  /**
   * Of the message, where the home has read all before it and said that it takes more: it may be sent as it is there, and
   * the store takes it as read. Undefined: it is to be read.
   */
  readonly position?: number
}

/** A QoS 2 message that the session of its publisher is to remember as received (v5 4.3.3). */
export interface ReceivedMark {
  readonly clientId: string
  /** Of the publisher's claim. */
  readonly epoch: number
  readonly packetId: number
}

/** What of a queue append concerns the publisher. */
export interface AppendResult {
  readonly wakes: readonly Wake[]
  /** Messages not taken or removed because a queue was full. */
  readonly dropped: number
}

/** A message that goes to queues by way of an {@link AppendLine}. */
export interface QueueAppend {
  readonly targets: readonly QueueTarget[]
  readonly message: Message
}

/** A way to append many messages that are stored in their order, and answered together. */
export interface AppendLine<Append extends QueueAppend> {
  /**
   * Resolves as {@link QueueStore.append}, after `appended` was told; one promise stands for all of a tick. Where some of
   * them are refused it rejects with `PartlyRefused`, which knows them by their share.
   */
  add(append: Append): Promise<void>
  /** Which of those with the same promise the last one is, from 0 on. */
  readonly lastShare: number
}

/** Queues of persistent sessions; bounded per session, the newest message is dropped at the bound. */
export interface QueueStore {
  /**
   * Resolves when the message is as safe as the store makes it; the body is stored once for all targets. With `received`
   * the message and its mark are stored together or not at all, and a publisher whose session was claimed again is
   * refused (`STALE_EPOCH`); without targets the mark alone is stored.
   */
  append(targets: readonly QueueTarget[], message: Message, received?: ReceivedMark): Promise<AppendResult>
  /** What stores offer that are quicker with many appends at once; `appended` is told of each that is stored, in order. */
  openLine?<Append extends QueueAppend>(appended: (append: Append, result: AppendResult) => void): AppendLine<Append>
  /**
   * Up to `limit` messages after `after` (0: from the start), oldest first; fewer say that so many more would be taken,
   * unless the last one says that more follow.
   */
  read(clientId: string, after: number, limit: number): Promise<readonly QueuedMessage[]>
  /** Outbound QoS 2: PUBREC was seen (v5 4.3.3). */
  markReleased(clientId: string, epoch: number, position: number): Promise<void>
  /** The client has acknowledged these, or they expired. */
  remove(clientId: string, epoch: number, positions: readonly number[]): Promise<void>
}

/** Retained messages by Topic Name. */
export interface RetainedStore {
  put(message: Message): Promise<void>
  remove(topicName: string): Promise<void>
  /** Matching messages that have not expired, in pages; `topicFilter` without a `$share` prefix. */
  match(topicFilter: string, nowMs: number): AsyncIterable<readonly Message[]>
}

/** Everything that outlives a connection. Rejects with `STORE_UNAVAILABLE`, or with `STORE_AWAY` where it can be asked again later, when it cannot answer. */
export interface Store {
  readonly sessions: SessionStore
  readonly subscriptions: SubscriptionStore
  readonly queues: QueueStore
  readonly retained: RetainedStore
  /**
   * Of a store that may go back behind what it has answered, as a Redis that fails over: `listener` is told when that may have
   * happened, for what it holds of this worker's sessions must be put right. What was given out before is not given out again.
   */
  onSetBack?(listener: () => void): void
  close(): Promise<void>
}
