import type { Permissions } from '../core/permissions.ts'
import type { StoredWill } from '../ports/store.ts'

/** What the publication of a will depends on. */
export interface WillOwner {
  readonly permissions: Permissions
  readonly session: { readonly will: StoredWill | undefined }
}

/**
 * CONNECT was allowed its will; AUTH, or a reload, may have brought other permissions since. What the store has of it follows
 * them, for another worker may publish it; what holds when the connection ends decides.
 */
export function mayPublishWill({ permissions, session: { will } }: WillOwner): boolean {
  if (will === undefined) return true
  const { topicName, qos, retain } = will.message
  return permissions.mayPublish(topicName, qos, retain)
}
