import type { QoS } from '../protocol/packets.ts'

/** What a permission is about (HiveMQ ESE's `activity`). */
export type Activity = 'publish' | 'subscribe'

/**
 * How `topicFilter` is read. `filter`: a Topic Filter. `literal`: that text and nothing else, wildcards included
 * (EMQX's `eq`). `routing-key`: RabbitMQ's pattern on the AMQP form of a topic, in which `*` stands for any text.
 */
export type TopicSyntax = 'filter' | 'literal' | 'routing-key'

/** One permission in HiveMQ ESE's model, with the denials that EMQX adds. Of a list the first that applies decides. */
export interface Permission {
  readonly effect: 'allow' | 'deny'
  readonly topicFilter: string
  readonly syntax: TopicSyntax
  /** Of the PUBLISH, or as requested in the SUBSCRIBE. */
  readonly qos: readonly QoS[]
  readonly activity: readonly Activity[]
  /** The RETAIN flag that a PUBLISH has to have. */
  readonly retain: 'any' | 'retained' | 'not-retained'
  /** Whether it is about Shared Subscriptions, ordinary ones, or both. */
  readonly shared: 'any' | 'shared' | 'not-shared'
  /** Empty or `#`: any Share Name. */
  readonly sharedGroup: string
  /** Where the permission came from: `allow-all`, or the name of a user, role or claim. */
  readonly from: string
}

/** The compiled permissions of one client; asked synchronously for every PUBLISH and SUBSCRIBE. */
export interface Permissions {
  readonly list: readonly Permission[]
  mayPublish(topicName: string, qos: QoS, retain: boolean): boolean
  /** `topicFilter` without the `$share/<name>/` prefix; `shareName` undefined for an ordinary subscription. */
  maySubscribe(topicFilter: string, qos: QoS, shareName: string | undefined): boolean
  /** The permission that decides on such a PUBLISH, which may be a denial; undefined: none is about it. Not quick. */
  decidesPublish(topicName: string, qos: QoS, retain: boolean): Permission | undefined
  /** The same for a SUBSCRIBE. */
  decidesSubscribe(topicFilter: string, qos: QoS, shareName: string | undefined): Permission | undefined
  /** Whether some subscription that is allowed brings messages of this topic: for those that were queued before. */
  mayReceive(topicName: string): boolean
}

/** The one permission of the allow-all authorization manager. */
export const ALLOW_ALL: Permission = {
  effect: 'allow',
  topicFilter: '#',
  syntax: 'filter',
  qos: [0, 1, 2],
  activity: ['publish', 'subscribe'],
  retain: 'any',
  shared: 'any',
  sharedGroup: '',
  from: 'allow-all',
}

/** Permissions of a client that may do everything. */
export const allowAllPermissions: Permissions = {
  list: [ALLOW_ALL],
  mayPublish: () => true,
  maySubscribe: () => true,
  decidesPublish: () => ALLOW_ALL,
  decidesSubscribe: () => ALLOW_ALL,
  mayReceive: () => true,
}
