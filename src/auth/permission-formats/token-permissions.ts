import { ALLOW_ALL } from '../../core/permissions.ts'
import type { Activity, Permission } from '../../core/permissions.ts'
import type { Credentials } from '../../ports/auth.ts'
import { validTopicFilter } from '../../protocol/topic.ts'
import type { JsonObject } from '../json-object.ts'
import { refused } from '../refusal-cause.ts'
import type { Refusal } from '../refusal-cause.ts'

/** Permissions that one token may hold. */
export const PERMISSIONS_MAX = 2_048

/** Whose token it is, and what is in it. */
export interface TokenHolder {
  readonly credentials: Credentials
  readonly claims: JsonObject
}

/** What a token says of permissions: some, nothing at all, or something that is not of the format. */
export type TokenPermissions =
  | { readonly kind: 'known'; readonly permissions: readonly Permission[] }
  | { readonly kind: 'unknown' }
  | Refusal

/** The permission to do something with a Topic Filter, in every way that the format does not speak of. */
export function grant(topicFilter: string, activity: readonly Activity[], from: string): Permission {
  return { ...ALLOW_ALL, topicFilter, activity, from }
}

/** Whether a text is a Topic Filter once its placeholders are filled in. */
export function validTemplate(topicFilter: string): boolean {
  return validTopicFilter(topicFilter.replace(/\$\{[^{}]*\}/g, 'x'))
}

/** The refusal of a token whose permissions cannot be read: what is not understood may have been a denial. */
export function malformed(claim: string, fault: string): Refusal {
  return refused('malformed_permissions', { of: claim, fault })
}
