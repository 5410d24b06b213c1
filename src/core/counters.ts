/** What one worker counts. Plain numbers, so that counting costs nothing; gauges are set by whoever owns the fact. */
export class Counters {
  connectionsOpen = 0
  connectionsAccepted = 0
  /** WebSockets closed because too many others had not sent their CONNECT either. */
  webSocketsCrowdedOut = 0
  /** Clients of an encrypted listener that did not get as far as MQTT. */
  tlsHandshakesFailed = 0
  /** Connections closed because of their PROXY header, by reason. */
  proxyHeadersUntrusted = 0
  proxyHeadersMalformed = 0
  proxyHeadersLate = 0
  /** CONNECT packets, whatever they were answered with. */
  connects = 0
  connectsRefused = 0
  /** Those among them that were refused because the worker is overloaded. */
  connectsShed = 0
  /** Times that a publisher was not read for a while because the worker is overloaded. */
  readsHeld = 0
  /** Those of them whose address or issuer had too many bad ones. */
  connectsOverBudget = 0
  sessionsConnected = 0
  subscriptions = 0
  /** Those among them that are shared. */
  sharedSubscriptions = 0
  /** Persistent sessions that ended because their client did not come back in time. */
  sessionsExpired = 0
  messagesReceived = 0
  messagesSent = 0
  /** Packets other than PUBLISH. */
  controlPacketsReceived = 0
  controlPacketsSent = 0
  payloadBytesReceived = 0
  payloadBytesSent = 0
  bytesReceived = 0
  bytesSent = 0
  /** Bytes for clients that the operating system has not taken, because they do not read fast enough. */
  bytesPending = 0
  /** Bytes of messages that wait in memory: for a window to open, or to be safe in the store or at another worker. */
  bytesWaiting = 0
  /** QoS 1 or 2 messages for a queue that was full. */
  droppedQueueFull = 0
  /** QoS 0 messages for a client that does not read fast enough. */
  droppedBackpressure = 0
  droppedExpired = 0
  /** Messages for a client that does not read or acknowledge fast enough, while the worker is overloaded. */
  droppedLoad = 0
  /** Messages above the client's Maximum Packet Size (v5 [MQTT-3.1.2-25]). */
  droppedTooLarge = 0
  /** Messages in the queue of a session whose client may not receive them any more. */
  droppedNotAuthorized = 0
  publishesNotAuthorized = 0
  /** Messages of QoS 1 or 2, or to be retained, that were not taken because the store is full. */
  publishesOverQuota = 0
  /** SUBACKs that were sent although a peer had not confirmed the route in time. */
  routesUnconfirmed = 0
  retainedStored = 0
  willsPublished = 0
  takeovers = 0
  /** 1 while this worker can reach Redis. */
  redisUp = 0
}
