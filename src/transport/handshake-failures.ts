import type { TlsListenerOptions } from './tls-setup.ts'

const LOG_INTERVAL_MS = 10_000

type Parts = Pick<TlsListenerOptions, 'log' | 'clock' | 'counters'>

/** Counts the handshakes that failed at a listener; scanners and half-open probes make no more than a line in ten seconds. */
export class HandshakeFailures {
  readonly #listener: string
  readonly #parts: Parts
  #loggedAtMs = -Infinity
  #unlogged = 0

  constructor(listener: string, parts: Parts) {
    this.#listener = listener
    this.#parts = parts
  }

  /** `code` as `ERR_SSL_UNSUPPORTED_PROTOCOL`, `CERT_HAS_EXPIRED`, `ECONNRESET`… */
  report(code: string): void {
    const { log, clock, counters } = this.#parts
    counters.tlsHandshakesFailed++
    this.#unlogged++
    const nowMs = clock.nowMs()
    if (nowMs - this.#loggedAtMs < LOG_INTERVAL_MS) return
    log.debug('TLS handshakes failed', { listener: this.#listener, code, failures: this.#unlogged })
    this.#loggedAtMs = nowMs
    this.#unlogged = 0
  }
}
