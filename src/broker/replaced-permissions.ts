import type { Permissions } from '../core/permissions.ts'
import type { Channel, ConnectedClient } from './channel.ts'
import type { ConnectedSession } from './connected-session.ts'
import { isGranted } from './granted-filter.ts'

/**
 * Gives a client other permissions at one moment. What they do not allow is delivered no more from that moment on:
 * subscriptions are withdrawn at once, and what is in a queue is held against them. Resolves when the store and the
 * other workers know; undefined: there was nothing to withdraw. The will is held against them when it is due.
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
  if (session.subscriptions.size === 0) return undefined
  const removed = Array.from(session.subscriptions.values(), ({ subscription }) => subscription)
    .filter(({ topicFilter, qos }) => !isGranted(permissions, topicFilter, qos))
    .map(({ topicFilter }) => topicFilter)
  return removed.length === 0 ? undefined : withdraw(channel, session, removed)
}

async function withdraw({ broker }: Channel, session: ConnectedSession, removed: readonly string[]): Promise<void> {
  for (const topicFilter of removed) broker.sessions.unsubscribe(session, topicFilter)
  broker.log.info('subscriptions withdrawn', { clientId: session.clientId, topicFilters: removed })
  if (session.persistent) await broker.store.subscriptions.remove(session.clientId, session.epoch, removed)
  await broker.sessions.peersKnow(session, removed)
}
