import type { MessageView } from './message.ts'
import type { Subscription } from './subscription.ts'

/**
 * An application message for subscribers of the receiving worker. The frame and its message may be used again for the
 * next one, on either side: they are valid during the call that hands them over.
 */
export interface DeliverFrame {
  readonly kind: 'deliver'
  readonly message: MessageView
  /** Whether the receiving worker serves its matching ordinary subscriptions. */
  readonly ordinary: boolean
  /** Shared subscriptions (`$share/<name>/<filter>`) of which the receiving worker serves one member each. */
  readonly sharedFilters: readonly string[]
}

/** How a worker's interest in a Topic Filter changed. */
export interface RouteChange {
  /** With its `$share/<name>/` prefix, if it has one. */
  readonly topicFilter: string
  /** Connected subscribers of the sending worker that always get their copy from it: 0 and 0 withdraw the route. */
  readonly subscribers: number
  /** Its connected persistent sessions, whose QoS 1 and 2 messages go to their queues: they need only QoS 0 messages. */
  readonly persistent: number
}

/** Routes of the sending worker; answered with a `routes-known` of the same number. */
export interface RoutesFrame {
  readonly kind: 'routes'
  readonly sequence: number
  readonly changes: readonly RouteChange[]
}

export interface RoutesKnownFrame {
  readonly kind: 'routes-known'
  readonly sequence: number
}

/**
 * How a persistent session stands with the worker that tells of it; shared subscriptions prefer members with a connection.
 * `opened`: it has its connection there from now on, and what is put is all that it has. `over`: it is gone.
 */
export type SessionState = 'opened' | 'online' | 'offline' | 'over'

/** News of a persistent session. */
export interface SessionNews {
  readonly clientId: string
  /** Of the claim that the news is of: what is known of a later claim counts, not this. */
  readonly epoch: number
  readonly state: SessionState
  readonly put: readonly Subscription[]
  /** Topic Filters withdrawn. */
  readonly removed: readonly string[]
}

/** What every publisher must know, because messages go to the queue of the session; answered with `routes-known`. */
export interface QueueRoutesFrame {
  readonly kind: 'queue-routes'
  readonly sequence: number
  readonly news: SessionNews
}

/** Messages were appended to the queues of these clients, which are at home on the receiving worker. */
export interface WakeFrame {
  readonly kind: 'wake'
  readonly clientIds: readonly string[]
}

/** The session of this client was claimed by the sending worker; answered with `yielded`. */
export interface TakeoverFrame {
  readonly kind: 'takeover'
  readonly clientId: string
  /** The epoch of the new claim: connections of an older one end. */
  readonly epoch: number
}

export interface YieldedFrame {
  readonly kind: 'yielded'
  readonly clientId: string
  readonly epoch: number
}

/** What workers say to each other. */
export type Frame =
  | DeliverFrame
  | RoutesFrame
  | RoutesKnownFrame
  | QueueRoutesFrame
  | WakeFrame
  | TakeoverFrame
  | YieldedFrame
