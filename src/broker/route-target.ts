import type { QoS } from '../protocol/packets.ts'

/** How a message goes to one subscriber, its overlapping subscriptions merged into one copy. */
export interface MergedOptions {
  /** The highest of the granted ones. */
  readonly maximumQoS: QoS
  readonly retainAsPublished: boolean
  readonly subscriptionIdentifiers: readonly number[]
}

/** One subscriber of a topic. */
export interface Target<To> {
  readonly to: To
  readonly options: MergedOptions
  /** For the subscriber's own messages: what remains without its No Local subscriptions; undefined: nothing. */
  readonly ownOptions: MergedOptions | undefined
}
