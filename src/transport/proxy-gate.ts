import { BlockList, isIPv6 } from 'node:net'
import type { Counters } from '../core/counters.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/telemetry.ts'
import type { ListenerOptions } from './listener-options.ts'

const LOG_INTERVAL_MS = 10_000

/** Why the connection of a listener behind a proxy was closed before it became a client's. */
export type ProxyRefusal = 'untrusted' | 'malformed' | 'late'

/** What a gate works with. */
export interface ProxyGateParts {
  /** Addresses and networks (CIDR) that may say where a client is. */
  readonly trustedProxies: readonly string[]
  readonly clock: Clock
  readonly counters: Counters
  readonly log: Log
}

/** Decides for one listener whose PROXY header counts, and counts the connections that are closed for want of a good one. */
export class ProxyGate {
  readonly listener: string
  readonly clock: Clock
  readonly #trusted: BlockList
  readonly #counters: Counters
  readonly #log: Log
  #loggedAtMs = -Infinity
  #unlogged = 0

  constructor(listener: string, { trustedProxies, clock, counters, log }: ProxyGateParts) {
    this.listener = listener
    this.clock = clock
    this.#trusted = networks(trustedProxies)
    this.#counters = counters
    this.#log = log
  }

  trusts(address: string): boolean {
    return this.#trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
  }

  /** The connection that `peer` has opened is closed. However many there are, they make no more than a line in ten seconds. */
  refused(peer: string, reason: ProxyRefusal, why: string): void {
    this.#count(reason)
    this.#unlogged++
    const nowMs = this.clock.nowMs()
    if (nowMs - this.#loggedAtMs < LOG_INTERVAL_MS) return
    const fields = { listener: this.listener, peer, reason, why, connections: this.#unlogged }
    this.#log.warn('connections closed for want of a PROXY header that counts', fields)
    this.#loggedAtMs = nowMs
    this.#unlogged = 0
  }

  #count(reason: ProxyRefusal): void {
    switch (reason) {
      case 'untrusted':
        this.#counters.proxyHeadersUntrusted++
        return
      case 'malformed':
        this.#counters.proxyHeadersMalformed++
        return
      case 'late':
        this.#counters.proxyHeadersLate++
        return
    }
  }
}

/** The gate of a listener; undefined: nobody stands between it and its clients. */
export function proxyGate(listener: string, options: ListenerOptions): ProxyGate | undefined {
  const { trustedProxies } = options
  return trustedProxies === undefined ? undefined : new ProxyGate(listener, { ...options, trustedProxies })
}

function networks(texts: readonly string[]): BlockList {
  const list = new BlockList()
  for (const text of texts) {
    const [address = '', bits] = text.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    list.addSubnet(address, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family)
  }
  return list
}
