/** How long a connection that ends may take to hand over its last bytes and see its peer leave. */
export const LINGER_MS = 5_000

/**
 * A connection whose peer lets more than this wait is destroyed. It is the last resort of the transport: the broker
 * watches `pendingBytes` and holds back, drops or disconnects long before.
 */
export const PENDING_BYTES_MAX = 64 * 1024 * 1024

/** How much a paused WebSocket connection takes in before it is destroyed, where the transport cannot stop reading. */
export const HELD_BYTES_MAX = 16 * 1024 * 1024

/** The same for the first pause, which is that of a client that is not let in yet. */
export const HELD_BYTES_AT_FIRST_MAX = 64 * 1024

/**
 * The largest WebSocket message; a larger one closes its connection. MQTT packets may be larger: they are a stream and
 * cross messages as they like (v5 [MQTT-6.0.0-2]). The limit holds from the first message on, so this much may also be
 * buffered of a client that has not sent its CONNECT yet; {@link EARLY_WEBSOCKETS_MAX} bounds how many those are.
 */
export const WEBSOCKET_MESSAGE_BYTES_MAX = 1024 * 1024

/** WebSockets of a listener that have not sent their CONNECT; past this many the oldest of them is closed. */
export const EARLY_WEBSOCKETS_MAX = 512

/** How long a proxy may take to send its PROXY header, which it does at once; a lost packet of TCP fits in. */
export const PROXY_HEADER_MS_MAX = 5_000

/** How long a TLS handshake may take. */
export const HANDSHAKE_MS_MAX = 10_000

/** How long an HTTP connection may take to become a WebSocket. */
export const UPGRADE_SECONDS_MAX = 10

/** Connections that the operating system keeps for us between their handshake and our accept. */
export const ACCEPT_BACKLOG = 4_096
