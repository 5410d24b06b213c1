import type { Permissions } from '../core/permissions.ts'
import type { Channel, ConnectedClient } from './channel.ts'
import type { ConnectedSession } from './connected-session.ts'
import { isGranted } from './granted-filter.ts'
import { LocalClaims } from './local-claims.ts'
import { mayPublishWill } from './will-permission.ts'

/**
 * Gives a client other permissions at one moment. What they do not allow is delivered no more from that moment on:
 * subscriptions are withdrawn at once, and what is in a queue is held against them. Resolves when the store and the
 * other workers know; undefined: there was nothing to withdraw. The will is held against them when it is due, and the store
 * has it only while they allow it: another worker, or the next start, would publish it.
 */
export function replacePermissions(
  channel: Channel,
  client: ConnectedClient,
  permissions: Permissions,
): Promise<void> | undefined {
  const { session } = client
  client.permissions = permissions
  if (session.drain !== undefined) session.drain.permissions = permissions
  session.subscriber.dropUnless(topicName => permissions.mayReceive(topicName))
  const will = storeWill(channel, client)
  const removed = Array.from(session.subscriptions.values(), ({ subscription }) => subscription)
    .filter(({ topicFilter, qos }) => !isGranted(permissions, topicFilter, qos))
    .map(({ topicFilter }) => topicFilter)
  const withdrawn = removed.length === 0 ? undefined : withdraw(channel, session, removed)
  return will === undefined || withdrawn === undefined ? (will ?? withdrawn) : both(will, withdrawn)
}

async function both(one: Promise<void>, other: Promise<void>): Promise<void> {
  await Promise.all([one, other])
}

/** Undefined: the store has what it is to have. */
function storeWill({ broker }: Channel, client: ConnectedClient): Promise<void> | undefined {
  const { session } = client
  const { clientId, epoch, will } = session
  const stored = mayPublishWill(client)
  if (will === undefined || stored === session.willStored) return undefined
  session.willStored = stored
  broker.log.info(stored ? 'will allowed again' : 'will withdrawn', { clientId, topicName: will.message.topicName })
  // A session of which the store has not heard has no will there.
  if (!LocalClaims.isStored(session)) return undefined
  return broker.store.sessions.setWill(clientId, epoch, stored ? will : undefined)
}

async function withdraw({ broker }: Channel, session: ConnectedSession, removed: readonly string[]): Promise<void> {
  for (const topicFilter of removed) broker.sessions.unsubscribe(session, topicFilter)
  broker.log.info('subscriptions withdrawn', { clientId: session.clientId, topicFilters: removed })
  if (session.persistent) await broker.store.subscriptions.remove(session.clientId, session.epoch, removed)
  await broker.sessions.peersKnow(session, removed)
}
