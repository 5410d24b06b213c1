import { reachableHost } from '../config/loopback.ts'
import type { ListenerIdentity, TransportKind } from '../ports/connection.ts'

/** A listener that is open. */
export interface RunningListener {
  readonly name: string
  readonly transport: TransportKind
  readonly url: string
  readonly port: number
}

/** What clients write before and behind the address of a listener. */
const SCHEMES = { tcp: 'mqtt', tls: 'mqtts', websocket: 'ws', 'secure-websocket': 'wss' } as const
const PATHS = { tcp: '', tls: '', websocket: '/mqtt', 'secure-websocket': '/mqtt' } as const

/** Makes a {@link RunningListener} of what the workers have opened. */
export function runningListener({ name, transport, port }: ListenerIdentity, bindAddress: string): RunningListener {
  const host = reachableHost(bindAddress)
  return { name, transport, url: `${SCHEMES[transport]}://${host}:${port}${PATHS[transport]}`, port }
}
