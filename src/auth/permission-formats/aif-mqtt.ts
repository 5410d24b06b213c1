import type { Activity, Permission } from '../../core/permissions.ts'
import { validTopicFilter } from '../../protocol/topic.ts'
import { claimAt } from '../claim-path.ts'
import { grant, malformed, PERMISSIONS_MAX } from './token-permissions.ts'
import type { TokenHolder, TokenPermissions } from './token-permissions.ts'

const ACTIVITIES: ReadonlyMap<unknown, Activity> = new Map<unknown, Activity>([
  ['pub', 'publish'],
  ['sub', 'subscribe'],
])

/** Reads AIF-MQTT (RFC 9431 2.3): pairs of a Topic Filter and what may be done with it. */
export function aifPermissions({ claims }: TokenHolder, claim: string): TokenPermissions {
  const pairs = claimAt(claims, claim)
  if (!Array.isArray(pairs)) return { kind: 'unknown' }
  if (pairs.length > PERMISSIONS_MAX) return malformed(claim, 'too many permissions')
  const permissions: Permission[] = []
  for (const pair of pairs) {
    const permission = readPair(pair, claim)
    if (permission === undefined) return malformed(claim, 'expected pairs of a Topic Filter and a list of pub and sub')
    permissions.push(permission)
  }
  return { kind: 'known', permissions }
}

function readPair(pair: unknown, claim: string): Permission | undefined {
  if (!Array.isArray(pair) || pair.length !== 2) return undefined
  const [topicFilter, activities]: readonly unknown[] = pair
  if (typeof topicFilter !== 'string' || !validTopicFilter(topicFilter) || !Array.isArray(activities)) return undefined
  const known = activities.flatMap(activity => ACTIVITIES.get(activity) ?? [])
  if (known.length !== activities.length || known.length === 0) return undefined
  return grant(topicFilter, known, claim)
}
