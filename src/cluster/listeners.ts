import type { OpenListener } from '../ports/connection.ts'
import type { ListenerOptions } from '../transport/listener-options.ts'
import { openWebSocketListener } from '../transport/open-websocket-listener.ts'
import { openTcpListener } from '../transport/tcp-listener.ts'
import { loadUws, uwsCacheFolder } from '../transport/uws.ts'
import type { ListenerPorts } from './control-messages.ts'

/** What the listeners of a worker share. */
export type SharedListenerOptions = Omit<ListenerOptions, 'port' | 'name'>

/** Opens the listeners that are on; rejects with `LISTENER`, and then none is open. */
export async function openListeners(
  ports: ListenerPorts,
  options: SharedListenerOptions,
): Promise<readonly OpenListener[]> {
  const listeners: OpenListener[] = []
  try {
    if (ports.mqttPort !== undefined) listeners.push(await openTcpListener({ ...options, port: ports.mqttPort }))
    if (ports.wsPort !== undefined) {
      const uws = loadUws(uwsCacheFolder(process.env['XDG_CACHE_HOME']))
      listeners.push(await openWebSocketListener(uws, { ...options, port: ports.wsPort }))
    }
    return listeners
  } catch (error) {
    await Promise.all(listeners.map(listener => listener.close()))
    throw error
  }
}
