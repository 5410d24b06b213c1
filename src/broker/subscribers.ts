import type { Subscription } from '../core/subscription.ts'
import type { WorkerAddress } from '../ports/bus.ts'
import type { Subscriber } from './subscriber.ts'

/** A subscription of a connected session that lives and ends with its connection. */
export interface LiveEntry {
  readonly kind: 'live'
  readonly subscriber: Subscriber
  readonly subscription: Subscription
}

/** A persistent session, connected or not: its QoS 1 and 2 messages go to its queue wherever they are published. */
export interface PersistentMember {
  readonly clientId: string
  /** Of the newest claim that is known; what is said of an older one counts no more. */
  epoch: number
  /** By Topic Filter, with the `$share` prefix. */
  readonly entries: Map<string, QueueEntry>
  /** Its connection, when that is at this worker; QoS 0 messages go there. */
  subscriber: Subscriber | undefined
  /** The worker that has its connection, this one included. */
  onlineAt: WorkerAddress | undefined
}

/** A subscription of a persistent session. */
export interface QueueEntry {
  readonly kind: 'queue'
  readonly member: PersistentMember
  readonly subscription: Subscription
}

/** Another worker's interest in a Topic Filter. */
export interface WorkerRoute {
  readonly kind: 'worker'
  readonly address: WorkerAddress
  /** Connected subscribers there that always get their copy from that worker. */
  subscribers: number
  /** Connected persistent sessions there, which need only QoS 0 messages from that worker. */
  persistent: number
}

/** What may be a member of a Shared Subscription. */
export type GroupEntry = LiveEntry | QueueEntry | WorkerRoute

/** A Shared Subscription (v5 4.8.2): of its members each message goes to one. */
export interface SharedGroup {
  readonly kind: 'group'
  /** `$share/<name>/<filter>`. */
  readonly sharedFilter: string
  readonly live: LiveEntry[]
  readonly queued: QueueEntry[]
  readonly workers: WorkerRoute[]
  /** Counts the messages, so that members take turns. */
  turn: number
}

/** What the topic tree holds. */
export type TreeEntry = GroupEntry | SharedGroup
