import type { Activity, Permission } from '../../core/permissions.ts'
import { member } from '../json-object.ts'
import { emqxTopic } from './emqx-topic.ts'
import { malformed, PERMISSIONS_MAX } from './token-permissions.ts'
import type { TokenHolder, TokenPermissions } from './token-permissions.ts'

const LISTS: readonly (readonly [claim: string, activity: Activity])[] = [
  ['publ', 'publish'],
  ['subl', 'subscribe'],
]

/** Reads the claims `publ` and `subl` of mosquitto-jwt-auth: Topic Filters that may be published and subscribed to. */
export function filterListPermissions({ claims }: TokenHolder): TokenPermissions {
  const permissions: Permission[] = []
  let known = false
  for (const [claim, activity] of LISTS) {
    const topicFilters = member(claims, claim)
    if (topicFilters === undefined) continue
    known = true
    if (!Array.isArray(topicFilters)) return malformed(claim, 'no array')
    if (permissions.length + topicFilters.length > PERMISSIONS_MAX) return malformed(claim, 'too many permissions')
    for (const topicFilter of topicFilters) {
      const permission = emqxTopic(topicFilter, claim)
      if (permission === undefined) return malformed(claim, 'holds what is no Topic Filter')
      permissions.push({ ...permission, activity: [activity] })
    }
  }
  return known ? { kind: 'known', permissions } : { kind: 'unknown' }
}
