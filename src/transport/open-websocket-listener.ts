import type { OpenListener } from '../ports/connection.ts'
import type { ListenerOptions } from './listener-options.ts'
import { canServe, openSecureUwsListener } from './secure-websocket-listener.ts'
import { openSecureWsListener } from './secure-ws-listener.ts'
import type { TlsListener, TlsListenerOptions } from './tls-setup.ts'
import type { LoadedUws } from './uws.ts'
import { openUwsListener } from './websocket-listener.ts'
import { openWsListener } from './ws-listener.ts'

/** Listens for MQTT over WebSocket with what can be had here, and says which that is. */
export async function openWebSocketListener(uws: LoadedUws, options: ListenerOptions): Promise<OpenListener> {
  const why = whyNotPlainUws(uws, options)
  if ('unavailable' in uws || why !== undefined) {
    const listener = await openWsListener(options)
    tell(options, 'warn', 'WebSocket is served by the ws package', { listener: listener.identity.name, why })
    return listener
  }
  const listener = await openUwsListener(uws, options)
  tell(options, 'info', 'WebSocket is served by uWebSockets.js', { listener: listener.identity.name })
  return listener
}

/** The same over TLS. */
export async function openSecureWebSocketListener(uws: LoadedUws, options: TlsListenerOptions): Promise<TlsListener> {
  const why = whyNotSecureUws(uws, options)
  if ('unavailable' in uws || why !== undefined) {
    const listener = await openSecureWsListener(options)
    const fields = { listener: listener.identity.name, why }
    tell(options, 'warn', 'WebSocket over TLS is served by the ws package', fields)
    return listener
  }
  const listener = await openSecureUwsListener(uws, options)
  tell(options, 'info', 'WebSocket over TLS is served by uWebSockets.js', { listener: listener.identity.name })
  return listener
}

/** It is the same for each worker of a host, so one of them says it where it is read. */
function tell(
  { log, toldElsewhere }: ListenerOptions,
  level: 'info' | 'warn',
  event: string,
  fields: Readonly<Record<string, string | undefined>>,
): void {
  if (toldElsewhere === true) log.debug(event, fields)
  else log[level](event, fields)
}

/** uWebSockets.js reads the PROXY header of version 2 alone, takes it from anybody, and not before TLS. */
function whyNotPlainUws(uws: LoadedUws, { trustedProxies }: ListenerOptions): string | undefined {
  if ('unavailable' in uws) return uws.unavailable
  return trustedProxies === undefined ? undefined : 'the PROXY protocol is on'
}

function whyNotSecureUws(uws: LoadedUws, options: TlsListenerOptions): string | undefined {
  const why = whyNotPlainUws(uws, options)
  if ('unavailable' in uws || why !== undefined) return why
  const { policy, certificates } = options.tls
  if (policy.minVersion === '1.3') return 'uWebSockets.js cannot refuse TLS 1.2'
  // It can choose by name, but writes to standard output for each, where the log is.
  if (certificates.byServerName !== undefined) return 'there are certificates by server name'
  return canServe(uws, certificates) ? undefined : 'uWebSockets.js cannot use the certificate files'
}
