import type { OpenListener } from '../ports/connection.ts'
import type { ListenerOptions } from './listener-options.ts'
import type { LoadedUws } from './uws.ts'
import { openUwsListener } from './websocket-listener.ts'
import { openWsListener } from './ws-listener.ts'

/** Listens for MQTT over WebSocket with what can be had here, and says which that is. */
export async function openWebSocketListener(uws: LoadedUws, options: ListenerOptions): Promise<OpenListener> {
  if ('unavailable' in uws) {
    const listener = await openWsListener(options)
    const fields = { listener: listener.identity.name, why: uws.unavailable }
    options.log.warn('WebSocket is served by the ws package, for uWebSockets.js cannot be loaded', fields)
    return listener
  }
  const listener = await openUwsListener(uws, options)
  options.log.info('WebSocket is served by uWebSockets.js', { listener: listener.identity.name })
  return listener
}
