/** Codes of the errors that we or a part we depend on cause; what a client may cause is returned, not thrown. */
export type BrokerErrorCode =
  | 'CONFIGURATION'
  | 'SECURITY_FILE'
  | 'KEY_SET_UNAVAILABLE'
  | 'INTROSPECTION_UNAVAILABLE'
  /** An authorization server gives no token. */
  | 'TOKEN_REFUSED'
  | 'LISTENER'
  /** Asked to stop before the start was over. */
  | 'STOPPED'
  | 'STORE_UNAVAILABLE'
  /** The store cannot be reached now; it may have done what it was asked all the same. */
  | 'STORE_AWAY'
  /** There is no room for anything new, or a limit of the store is reached; what is kept stays, and what makes room is taken. */
  | 'STORE_FULL'
  /** What was stored cannot be read as it was written. */
  | 'STORE_DAMAGED'
  | 'BUS_PROTOCOL'
  | 'STALE_EPOCH'

/** An error with a stable code; the message is free to change. */
export class BrokerError extends Error {
  readonly code: BrokerErrorCode

  constructor(code: BrokerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'BrokerError'
    this.code = code
  }
}
