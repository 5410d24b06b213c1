import { clientPorts } from './client-ports.ts'
import type { SettingProblem } from './read-table.ts'
import type { Settings } from './settings-type.ts'

const TRUSTED_PROXIES = 'GUARDBEE_TRUSTED_PROXIES'
const DRAIN_REASON = 'GUARDBEE_DRAIN_REASON'
const DRAIN_SERVER_REFERENCE = 'GUARDBEE_DRAIN_SERVER_REFERENCE'

/** A PROXY header says who the client is: without knowing whose to take, anybody could be anybody. */
export function proxiesAreTrusted(settings: Settings): readonly SettingProblem[] {
  const awaiting = awaitingListeners(settings)
  if (awaiting.length > 0 && settings.trustedProxies === undefined) {
    return [{ names: [TRUSTED_PROXIES], text: `is missing, expected because ${awaiting.join(', ')} is on` }]
  }
  if (awaiting.length === 0 && settings.trustedProxies !== undefined) {
    const text = 'has no effect, because no listener that is open awaits the PROXY protocol'
    return [{ names: [TRUSTED_PROXIES], text }]
  }
  return []
}

/** Only a client that is sent elsewhere is told where (v5 3.14.2.2.5). */
export function referenceHasReason(settings: Settings): readonly SettingProblem[] {
  if (settings.drainServerReference === undefined || settings.drainReason === 'use-another-server') return []
  const text = `is ${settings.drainReason}, expected use-another-server beside ${DRAIN_SERVER_REFERENCE}`
  return [{ names: [DRAIN_REASON], text }]
}

function awaitingListeners(settings: Settings): readonly string[] {
  const { mqttPort, wsPort, tlsPort, wssPort } = clientPorts(settings)
  const listeners = [
    { name: 'GUARDBEE_MQTT_PROXY_PROTOCOL', port: mqttPort, proxyProtocol: settings.mqttProxyProtocol },
    { name: 'GUARDBEE_WS_PROXY_PROTOCOL', port: wsPort, proxyProtocol: settings.wsProxyProtocol },
    { name: 'GUARDBEE_TLS_PROXY_PROTOCOL', port: tlsPort, proxyProtocol: settings.tlsProxyProtocol },
    { name: 'GUARDBEE_WSS_PROXY_PROTOCOL', port: wssPort, proxyProtocol: settings.wssProxyProtocol },
  ]
  return listeners
    .filter(({ port, proxyProtocol }) => port !== undefined && proxyProtocol === 'on')
    .map(({ name }) => name)
}
