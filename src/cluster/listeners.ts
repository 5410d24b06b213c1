import type { OpenListener } from '../ports/connection.ts'
import type { Log } from '../ports/telemetry.ts'
import { DescriptorWatch } from '../transport/descriptor-watch.ts'
import { openSecureWebSocketListener, openWebSocketListener } from '../transport/open-websocket-listener.ts'
import { openTcpListener } from '../transport/tcp-listener.ts'
import { openTlsListener } from '../transport/tls-listener.ts'
import type { TlsListener, TlsListenerOptions, TlsSetup } from '../transport/tls-setup.ts'
import { loadUws, uwsCacheFolder } from '../transport/uws.ts'
import type { ListenerPorts } from './control-messages.ts'
import type { TrustedProxies } from './trusted-proxies.ts'

/** What the listeners of a worker share. */
export type SharedListenerOptions = Omit<TlsListenerOptions, 'port' | 'name' | 'tls' | 'trustedProxies'>

/** The open listeners of a worker. */
export interface OpenListeners {
  readonly all: readonly OpenListener[]
  /** Those among them that are encrypted. */
  readonly encrypted: readonly TlsListener[]
  /** To be closed before the listeners; undefined: there are none. */
  readonly watch: DescriptorWatch | undefined
}

/** Opens the listeners that are on, the encrypted ones with `tls`; rejects with `LISTENER`, and then none is open. */
export async function openListeners(
  ports: ListenerPorts,
  tls: TlsSetup | undefined,
  proxies: TrustedProxies,
  options: SharedListenerOptions,
): Promise<OpenListeners> {
  const plain: OpenListener[] = []
  const encrypted: TlsListener[] = []
  const { mqttPort, wsPort, tlsPort, wssPort } = ports
  const uws =
    wsPort === undefined && wssPort === undefined ? undefined : loadUws(uwsCacheFolder(process.env['XDG_CACHE_HOME']))
  try {
    if (mqttPort !== undefined) {
      plain.push(await openTcpListener({ ...options, port: mqttPort, trustedProxies: proxies.mqtt }))
    }
    if (uws !== undefined && wsPort !== undefined) {
      plain.push(await openWebSocketListener(uws, { ...options, port: wsPort, trustedProxies: proxies.ws }))
    }
    if (tls !== undefined && tlsPort !== undefined) {
      encrypted.push(await openTlsListener({ ...options, tls, port: tlsPort, trustedProxies: proxies.tls }))
    }
    if (uws !== undefined && tls !== undefined && wssPort !== undefined) {
      const secure = { ...options, tls, port: wssPort, trustedProxies: proxies.wss }
      encrypted.push(await openSecureWebSocketListener(uws, secure))
    }
    const all = [...plain, ...encrypted]
    return { all, encrypted, watch: new DescriptorWatch({ listeners: all, clock: options.clock, log: options.log }) }
  } catch (error) {
    await Promise.all([...plain, ...encrypted].map(listener => listener.close()))
    throw error
  }
}

/** Gives the encrypted listeners a new setup; one that cannot use it goes on as it is. */
export function useTls({ encrypted }: OpenListeners, tls: TlsSetup, log: Log): void {
  for (const listener of encrypted) {
    try {
      listener.use(tls)
    } catch (error) {
      log.error('new TLS files cannot be used, the last good ones stay', error, { listener: listener.identity.name })
    }
  }
}
