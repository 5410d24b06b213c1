import type { Counters } from '../core/counters.ts'
import type { EndOfTick } from '../core/end-of-tick.ts'
import type { Clock } from '../ports/clock.ts'
import type { AcceptConnection, ListenerIdentity } from '../ports/connection.ts'
import type { Log } from '../ports/telemetry.ts'
import type { SlabPool } from '../protocol/slab-pool.ts'
import { EarlyWebSockets } from './early-web-sockets.ts'

/** What a listener needs, whatever its transport. */
export interface ListenerOptions {
  /** Left out, it is made from the transport and the port, as HiveMQ does. */
  readonly name?: string | undefined
  readonly host: string
  /** 0 takes a free port; the identity of the open listener says which. */
  readonly port: number
  /**
   * The addresses and networks (CIDR) of the proxies that stand before the listener: each connection then begins with a
   * PROXY header, which says where its client is. Undefined: clients come by themselves, and no header is read.
   */
  readonly trustedProxies?: readonly string[] | undefined
  readonly accept: AcceptConnection
  readonly endOfTick: EndOfTick
  readonly slabs: SlabPool
  readonly clock: Clock
  /** Of the worker: bytes in both directions are counted. */
  readonly counters: Counters
  readonly log: Log
  /** Another worker of this host says by what WebSocket is served. */
  readonly toldElsewhere?: boolean
}

/** What the connections of one listener share, kept once so that each of them stays small. */
export interface ListenerParts {
  readonly identity: ListenerIdentity
  readonly endOfTick: EndOfTick
  readonly slabs: SlabPool
  readonly clock: Clock
  readonly counters: Counters
  /** Empty for listeners without WebSockets. */
  readonly early: EarlyWebSockets
}

/** How listeners without a name are called, before their port: HiveMQ's words. */
const NAMES: Readonly<Record<ListenerIdentity['transport'], string>> = {
  tcp: 'tcp-listener',
  tls: 'tls-tcp-listener',
  websocket: 'websocket-listener',
  'secure-websocket': 'tls-websocket-listener',
}

/** The name of a listener that was given none. */
export function listenerName(transport: ListenerIdentity['transport'], port: number): string {
  return `${NAMES[transport]}-${port}`
}

/** The shared parts of a listener whose port is known by now. */
export function listenerParts(
  options: ListenerOptions,
  transport: ListenerIdentity['transport'],
  port: number,
): ListenerParts {
  const { endOfTick, slabs, clock, counters, name = listenerName(transport, port) } = options
  return {
    identity: { name, transport, port },
    endOfTick,
    slabs,
    clock,
    counters,
    early: new EarlyWebSockets(counters),
  }
}
