import type { Activity, Permission } from '../../core/permissions.ts'
import { claimAt } from '../claim-path.ts'
import { isJsonObject, member, type JsonObject } from '../json-object.ts'
import { readEmqxRule } from './emqx-rule.ts'
import { emqxTopic } from './emqx-topic.ts'
import { malformed, PERMISSIONS_MAX } from './token-permissions.ts'
import type { TokenHolder, TokenPermissions } from './token-permissions.ts'

const V1_ACTIVITIES: ReadonlyMap<string, readonly Activity[]> = new Map([
  ['pub', ['publish' as const]],
  ['sub', ['subscribe' as const]],
  ['all', ['publish' as const, 'subscribe' as const]],
])

/** Reads the `acl` claim of EMQX: lists of Topic Filters by activity (version 1), or rules of which the first counts. */
export function emqxPermissions(holder: TokenHolder, claim: string): TokenPermissions {
  const acl = claimAt(holder.claims, claim)
  if (acl === undefined) return { kind: 'unknown' }
  if (Array.isArray(acl)) return readRules(acl, holder, claim)
  return isJsonObject(acl) ? readLists(acl, claim) : malformed(claim, 'neither an object nor an array')
}

function readLists(acl: JsonObject, claim: string): TokenPermissions {
  const permissions: Permission[] = []
  for (const [name, activity] of V1_ACTIVITIES) {
    const topics: unknown = member(acl, name) ?? []
    if (!Array.isArray(topics)) return malformed(claim, `${name} is no array`)
    if (permissions.length + topics.length > PERMISSIONS_MAX) return malformed(claim, 'too many permissions')
    for (const topic of topics) {
      const permission = emqxTopic(topic, claim)
      if (permission === undefined) return malformed(claim, `${name} holds what is no Topic Filter`)
      permissions.push({ ...permission, activity })
    }
  }
  return { kind: 'known', permissions }
}

function readRules(rules: readonly unknown[], { credentials }: TokenHolder, claim: string): TokenPermissions {
  const permissions: Permission[] = []
  for (const [index, rule] of rules.entries()) {
    const read = readEmqxRule(rule, credentials, claim)
    if (typeof read === 'string') return malformed(claim, `rule ${index + 1}: ${read}`)
    if (permissions.length + read.length > PERMISSIONS_MAX) return malformed(claim, 'too many permissions')
    permissions.push(...read)
  }
  return { kind: 'known', permissions }
}
