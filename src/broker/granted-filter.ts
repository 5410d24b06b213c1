import type { Permissions } from '../core/permissions.ts'
import type { QoS } from '../protocol/packets.ts'
import { parseSharedFilter } from '../protocol/topic.ts'

/** Whether the permissions allow this subscription; the filter of a shared one is looked at without its prefix. */
export function isGranted(permissions: Permissions, topicFilter: string, qos: QoS): boolean {
  const shared = parseSharedFilter(topicFilter)
  return shared === undefined || shared === 'invalid'
    ? permissions.maySubscribe(topicFilter, qos, undefined)
    : permissions.maySubscribe(shared.topicFilter, qos, shared.shareName)
}
