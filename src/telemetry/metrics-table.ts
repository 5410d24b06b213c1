import type { Counters } from '../core/counters.ts'

/** How a number of ours is called outside. Several rows of one family differ by their label. */
export interface Metric {
  readonly family: `guardbee_${string}`
  readonly kind: 'counter' | 'gauge'
  readonly help: string
  /** Name and value; the value comes from a closed set, never from a client. */
  readonly label: readonly [string, string] | undefined
}

/** The metrics of an object of numeric fields; the compiler asks for a row when a field is added. */
export type MetricsTable<Field extends string> = Readonly<Record<Field, Metric>>

const DROPPED = 'Messages that did not reach a subscriber, by reason.'

/** What the workers count. */
export const workerMetrics: MetricsTable<keyof Counters> = {
  connectionsOpen: gauge('guardbee_connections', 'Network Connections that are open.'),
  connectionsAccepted: counter('guardbee_connections_accepted_total', 'Network Connections that were accepted.'),
  connectsRefused: counter('guardbee_connects_refused_total', 'CONNECT packets answered with a refusal.'),
  sessionsConnected: gauge('guardbee_sessions_connected', 'Sessions with a connected client.'),
  subscriptions: gauge('guardbee_subscriptions', 'Subscriptions of the sessions.'),
  messagesReceived: counter('guardbee_messages_received_total', 'PUBLISH packets received from clients.'),
  messagesSent: counter('guardbee_messages_sent_total', 'PUBLISH packets sent to clients.'),
  bytesReceived: counter('guardbee_received_bytes_total', 'Bytes received from clients.'),
  bytesSent: counter('guardbee_sent_bytes_total', 'Bytes sent to clients.'),
  droppedQueueFull: counter('guardbee_messages_dropped_total', DROPPED, ['reason', 'queue_full']),
  droppedBackpressure: counter('guardbee_messages_dropped_total', DROPPED, ['reason', 'backpressure']),
  droppedExpired: counter('guardbee_messages_dropped_total', DROPPED, ['reason', 'expired']),
  droppedTooLarge: counter('guardbee_messages_dropped_total', DROPPED, ['reason', 'too_large']),
  publishesNotAuthorized: counter(
    'guardbee_publishes_not_authorized_total',
    'PUBLISH packets refused for want of a permission.',
  ),
  routesUnconfirmed: counter(
    'guardbee_routes_unconfirmed_total',
    'SUBACKs sent although a peer had not confirmed the route in time.',
  ),
  retainedStored: counter('guardbee_retained_stored_total', 'Retained messages that were stored.'),
  willsPublished: counter('guardbee_wills_published_total', 'Will Messages that were published.'),
  takeovers: counter('guardbee_takeovers_total', 'Sessions taken over by a new connection.'),
}

/** What the process that fetches the keys counts. */
export const keySetMetrics: MetricsTable<'fetches' | 'failures'> = {
  fetches: counter('guardbee_jwks_fetches_total', 'Requests for the keys of an issuer.'),
  failures: counter('guardbee_jwks_fetch_failures_total', 'Requests for the keys of an issuer that failed.'),
}

function counter(family: Metric['family'], help: string, label?: readonly [string, string]): Metric {
  return { family, kind: 'counter', help, label }
}

function gauge(family: Metric['family'], help: string): Metric {
  return { family, kind: 'gauge', help, label: undefined }
}
