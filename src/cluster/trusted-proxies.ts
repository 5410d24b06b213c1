import type { Settings } from '../config/settings-type.ts'

/** Addresses and networks of the proxies before each listener; undefined: none stand before it. */
export interface TrustedProxies {
  readonly mqtt: readonly string[] | undefined
  readonly ws: readonly string[] | undefined
  readonly tls: readonly string[] | undefined
  readonly wss: readonly string[] | undefined
}

/** The proxies before each listener, as configured. */
export function trustedProxies(settings: Settings): TrustedProxies {
  const proxies = (settings.trustedProxies ?? '').split(' ').filter(network => network !== '')
  const before = (proxyProtocol: 'off' | 'on'): readonly string[] | undefined =>
    proxyProtocol === 'on' ? proxies : undefined
  return {
    mqtt: before(settings.mqttProxyProtocol),
    ws: before(settings.wsProxyProtocol),
    tls: before(settings.tlsProxyProtocol),
    wss: before(settings.wssProxyProtocol),
  }
}
