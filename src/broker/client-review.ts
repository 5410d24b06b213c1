import { ReasonCode } from '../protocol/reason-codes.ts'
import type { Channel, ConnectedClient } from './channel.ts'
import { type Refusal, refuse } from './refusal.ts'
import { replacePermissions } from './replaced-permissions.ts'

const CHANGED = refuse(ReasonCode.NotAuthorized, 'the security configuration has changed')

/**
 * Holds a client whose CONNECT was just accepted against a configuration that was replaced meanwhile, and the session
 * that it goes on with against its permissions, for it may have had others before.
 */
export function reviewNewClient(channel: Channel, client: ConnectedClient): Refusal | undefined {
  const review = client.proof?.identity.standing?.review?.()
  if (review?.kind === 'refused') return CHANGED
  if (review?.identity !== undefined) client.proof?.start(review.identity)
  const permissions = review?.kind === 'permissions' ? review.permissions : client.permissions
  const replaced = replacePermissions(channel, client, permissions)
  if (replaced !== undefined) channel.run('permissions', replaced)
  return undefined
}

/** Holds a connected client against the security configuration, which was replaced. */
export async function reviewClient(channel: Channel, client: ConnectedClient): Promise<void> {
  const review = client.proof?.identity.standing?.review?.()
  if (review?.kind === 'refused') return channel.disconnect(CHANGED)
  if (review?.identity !== undefined) client.proof?.start(review.identity)
  if (review?.kind === 'permissions') await replacePermissions(channel, client, review.permissions)
}
