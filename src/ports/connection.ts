import type { OutBuffer } from '../protocol/out-buffer.ts'

/** How a listener's clients reach it. */
export type TransportKind = 'tcp' | 'tls' | 'websocket' | 'secure-websocket'

/** What of a listener is known to its connections. */
export interface ListenerIdentity {
  /** As configured, or HiveMQ's generated form: `tcp-listener-1883`, `websocket-listener-8083`. */
  readonly name: string
  readonly transport: TransportKind
  readonly port: number
}

/** A certificate whose key the client has proven to hold; an authority of the listener vouches for it. */
export interface ClientCertificate {
  readonly der: Buffer
  /** SHA-256 of `der` in base64url: `x5t#S256` (RFC 8705 3.1). */
  readonly thumbprint: string
}

/** Headers of a WebSocket's upgrade request in which a client may show who it is, by their names in lower case. */
export type UpgradeHeaders = ReadonlyMap<string, string>

/** One Network Connection (v5 1.2): an ordered, lossless stream of bytes in both directions. */
export interface Connection {
  readonly listener: ListenerIdentity
  /** Textual IP address; an IPv4 address mapped into IPv6 is given in its IPv4 form. */
  readonly remoteAddress: string
  readonly remotePort: number
  /** Undefined where the transport is not encrypted, or the listener asks for none, or the client has shown none. */
  readonly clientCertificate?: ClientCertificate | undefined
  /** Undefined where there was no upgrade request. */
  readonly upgradeHeaders?: UpgradeHeaders | undefined
  /** Bytes put here leave with one write at the end of the tick. */
  readonly out: OutBuffer
  /** Bytes handed to the transport that the operating system has not taken yet. */
  readonly pendingBytes: number
  /**
   * Stops reading, so that the client is held back by its own transport; bytes already read may still arrive. A
   * transport that cannot stop keeps what arrives, up to a bound at which the client is destroyed: 64 KiB at the first
   * pause, which is that of a client that is not let in yet.
   */
  pause(): void
  resume(): void
  /** Sends what is gathered, then closes; whatever is not taken within the transport's linger time is dropped. */
  end(): void
  /** Closes at once. */
  destroy(): void
}

/** The broker's side of a connection. The transport calls it and never after `closed`. */
export interface ConnectionHandler {
  /** `bytes[start, end)` have arrived; they are valid during the call only. */
  received(bytes: Buffer, start: number, end: number): void
  /** `pendingBytes` has come down to 0 after it was above. */
  drained(): void
  /** The connection is gone, whoever ended it. Called exactly once. */
  closed(): void
}

/** Called by a listener for each connection it accepted. */
export type AcceptConnection = (connection: Connection) => ConnectionHandler

/** An open listener. */
export interface OpenListener {
  readonly identity: ListenerIdentity
  /** Takes no connections until {@link resume}; absent where nobody has to tell the transport. */
  suspend?(): void
  /** Rejects with `LISTENER` where it cannot listen again, and may then be called again. */
  resume?(): Promise<void>
  /** Stops accepting; connections that are open stay open. */
  close(): Promise<void>
}
