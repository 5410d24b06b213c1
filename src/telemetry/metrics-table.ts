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

const PROXY_HEADERS = 'Connections closed for want of a PROXY header that counts, by reason.'
const DROPPED = 'Messages that did not reach a subscriber, by reason.'

/** What the workers count. */
export const workerMetrics: MetricsTable<keyof Counters> = {
  connectionsOpen: gauge('guardbee_connections', 'Network Connections that are open.'),
  connectionsAccepted: counter('guardbee_connections_accepted_total', 'Network Connections that were accepted.'),
  webSocketsCrowdedOut: counter(
    'guardbee_websockets_crowded_out_total',
    'WebSockets closed because they were the oldest of too many without a CONNECT.',
  ),
  tlsHandshakesFailed: counter(
    'guardbee_tls_handshakes_failed_total',
    'TLS handshakes that failed: wrong version, unknown certificate authority, no client certificate, timeout.',
  ),
  proxyHeadersUntrusted: counter('guardbee_proxy_headers_refused_total', PROXY_HEADERS, ['reason', 'untrusted']),
  proxyHeadersMalformed: counter('guardbee_proxy_headers_refused_total', PROXY_HEADERS, ['reason', 'malformed']),
  proxyHeadersLate: counter('guardbee_proxy_headers_refused_total', PROXY_HEADERS, ['reason', 'late']),
  connects: counter('guardbee_connects_total', 'CONNECT packets received.'),
  connectsRefused: counter('guardbee_connects_refused_total', 'CONNECT packets answered with a refusal.'),
  connectsShed: counter('guardbee_connects_shed_total', 'CONNECT packets refused because the worker is overloaded.'),
  readsHeld: counter(
    'guardbee_reads_held_total',
    'Times that a publisher was held back because the worker is overloaded.',
  ),
  connectsOverBudget: counter(
    'guardbee_connects_over_budget_total',
    'Those of them whose token was not looked at, because too many of their address or issuer were bad.',
  ),
  sessionsConnected: gauge('guardbee_sessions_connected', 'Sessions with a connected client.'),
  subscriptions: gauge('guardbee_subscriptions', 'Subscriptions of the sessions.'),
  sharedSubscriptions: gauge('guardbee_shared_subscriptions', 'Shared Subscriptions among them.'),
  sessionsExpired: counter('guardbee_sessions_expired_total', 'Sessions whose Session Expiry Interval has passed.'),
  messagesReceived: counter('guardbee_messages_received_total', 'PUBLISH packets received from clients.'),
  messagesSent: counter('guardbee_messages_sent_total', 'PUBLISH packets sent to clients.'),
  controlPacketsReceived: counter('guardbee_control_packets_received_total', 'Other packets received from clients.'),
  controlPacketsSent: counter('guardbee_control_packets_sent_total', 'Other packets sent to clients.'),
  payloadBytesReceived: counter(
    'guardbee_payload_received_bytes_total',
    'Bytes of the payloads of PUBLISH packets received.',
  ),
  payloadBytesSent: counter('guardbee_payload_sent_bytes_total', 'Bytes of the payloads of PUBLISH packets sent.'),
  bytesReceived: counter('guardbee_received_bytes_total', 'Bytes received from clients.'),
  bytesPending: gauge('guardbee_pending_bytes', 'Bytes for clients that do not read fast enough.'),
  bytesWaiting: gauge('guardbee_waiting_bytes', 'Bytes of messages that wait in memory to be sent or to be safe.'),
  bytesSent: counter('guardbee_sent_bytes_total', 'Bytes sent to clients.'),
  droppedQueueFull: counter('guardbee_messages_dropped_total', DROPPED, ['reason', 'queue_full']),
  droppedBackpressure: counter('guardbee_messages_dropped_total', DROPPED, ['reason', 'backpressure']),
  droppedExpired: counter('guardbee_messages_dropped_total', DROPPED, ['reason', 'expired']),
  droppedLoad: counter('guardbee_messages_dropped_total', DROPPED, ['reason', 'load']),
  droppedNotAuthorized: counter('guardbee_messages_dropped_total', DROPPED, ['reason', 'not_authorized']),
  droppedTooLarge: counter('guardbee_messages_dropped_total', DROPPED, ['reason', 'too_large']),
  publishesNotAuthorized: counter(
    'guardbee_publishes_not_authorized_total',
    'PUBLISH packets refused for want of a permission.',
  ),
  publishesOverQuota: counter(
    'guardbee_publishes_over_quota_total',
    'PUBLISH packets that were not stored because the store is full, or retains its limit.',
  ),
  routesUnconfirmed: counter(
    'guardbee_routes_unconfirmed_total',
    'SUBACKs sent although a peer had not confirmed the route in time.',
  ),
  retainedStored: counter('guardbee_retained_stored_total', 'Retained messages that were stored.'),
  willsPublished: counter('guardbee_wills_published_total', 'Will Messages that were published.'),
  takeovers: counter('guardbee_takeovers_total', 'Sessions taken over by a new connection.'),
  redisUp: gauge('guardbee_redis_workers_connected', 'Workers that can reach Redis; each should in a cluster.'),
}

/** What the process that fetches the keys counts. */
export const keySetMetrics: MetricsTable<'fetches' | 'failures'> = {
  fetches: counter('guardbee_jwks_fetches_total', 'Requests for the keys of an issuer.'),
  failures: counter('guardbee_jwks_fetch_failures_total', 'Requests for the keys of an issuer that failed.'),
}

/** What the process that introspects tokens counts. */
export const introspectionMetrics: MetricsTable<'requests' | 'failures'> = {
  requests: counter('guardbee_introspection_requests_total', 'Requests to introspection endpoints.'),
  failures: counter('guardbee_introspection_failures_total', 'Requests to introspection endpoints that failed.'),
}

const SHARED = 'Looks at what the nodes share of keys and introspection, by result.'

/** What comes of sharing with the other nodes. */
export const sharedMetrics: MetricsTable<'hits' | 'refused' | 'failures'> = {
  hits: counter('guardbee_shared_answers_total', SHARED, ['result', 'hit']),
  refused: counter('guardbee_shared_answers_total', SHARED, ['result', 'refused']),
  failures: counter('guardbee_shared_answers_total', SHARED, ['result', 'unreachable']),
}

/** What is known of revoked tokens. */
export const revocationMetrics: MetricsTable<'size'> = {
  size: gauge('guardbee_revocations', 'Revocations that hold at this node, those of other nodes among them.'),
}

/** What comes of sharing them with the other nodes. */
export const sharedRevocationMetrics: MetricsTable<'refused'> = {
  refused: counter(
    'guardbee_shared_revocations_refused_total',
    'Records among the shared revocations that no node has put there.',
  ),
}

/** What the store of the node counts. */
export const storeMetrics: MetricsTable<
  'sessions' | 'queuedMessages' | 'retainedMessages' | 'bytes' | 'neededBytes' | 'commits' | 'failures' | 'full'
> = {
  sessions: gauge('guardbee_store_sessions', 'Sessions that the store keeps, connected or not.'),
  queuedMessages: gauge('guardbee_store_queued_messages', 'Messages in the queues of persistent sessions.'),
  retainedMessages: gauge('guardbee_store_retained_messages', 'Retained messages.'),
  bytes: gauge('guardbee_store_bytes', 'Bytes of the files of the store.'),
  neededBytes: gauge('guardbee_store_needed_bytes', 'Bytes of them that are still needed.'),
  commits: counter('guardbee_store_commits_total', 'Times that the store was written.'),
  failures: counter('guardbee_store_commit_failures_total', 'Times that it could not be written.'),
  full: gauge('guardbee_store_full', '1 while nothing new is taken for persistent sessions, else 0.'),
}

function counter(family: Metric['family'], help: string, label?: readonly [string, string]): Metric {
  return { family, kind: 'counter', help, label }
}

function gauge(family: Metric['family'], help: string): Metric {
  return { family, kind: 'gauge', help, label: undefined }
}
