import type { QoS, RetainHandling } from '../protocol/packets.ts'

/** A subscription of a session as it is stored: the Topic Filter with its `$share` prefix and the granted options. */
export interface Subscription {
  readonly topicFilter: string
  readonly qos: QoS
  readonly noLocal: boolean
  readonly retainAsPublished: boolean
  readonly retainHandling: RetainHandling
  /** 0: none. */
  readonly subscriptionIdentifier: number
}
