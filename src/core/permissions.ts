import type { QoS } from '../protocol/packets.ts'

/** What a permission allows to do (HiveMQ ESE's `activity`). */
export type Activity = 'publish' | 'subscribe'

/** One permission in HiveMQ ESE's model. All permissions allow; what none of them allows is denied. */
export interface Permission {
  readonly topicFilter: string
  readonly qos: readonly QoS[]
  readonly activity: readonly Activity[]
  readonly retainedPublishAllowed: boolean
  readonly sharedSubscribeAllowed: boolean
  /** Empty: any Share Name. */
  readonly sharedGroup: string
  /** Where the permission came from: `allow-all`, or the name of a user or role. */
  readonly from: string
}

/** The compiled permissions of one client; asked synchronously for every PUBLISH and SUBSCRIBE. */
export interface Permissions {
  readonly list: readonly Permission[]
  mayPublish(topicName: string, qos: QoS, retain: boolean): boolean
  /** `topicFilter` without the `$share/<name>/` prefix; `shareName` undefined for an ordinary subscription. */
  maySubscribe(topicFilter: string, qos: QoS, shareName: string | undefined): boolean
}

/** The one permission of the allow-all authorization manager. */
export const ALLOW_ALL: Permission = {
  topicFilter: '#',
  qos: [0, 1, 2],
  activity: ['publish', 'subscribe'],
  retainedPublishAllowed: true,
  sharedSubscribeAllowed: true,
  sharedGroup: '',
  from: 'allow-all',
}

/** Permissions of a client that may do everything. */
export const allowAllPermissions: Permissions = {
  list: [ALLOW_ALL],
  mayPublish: () => true,
  maySubscribe: () => true,
}
