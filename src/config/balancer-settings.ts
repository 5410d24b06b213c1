import { setting } from './setting.ts'
import { integer, networks, oneOf, optional, serverReference } from './setting-types.ts'

const offOrOn = oneOf(['off', 'on'])

/** Settings of a node that stands behind a load balancer, and of the way in which it takes its leave. */
export const balancerSettings = {
  mqttProxyProtocol: setting({
    name: 'GUARDBEE_MQTT_PROXY_PROTOCOL',
    type: offOrOn,
    default: { value: 'off' },
    sentence:
      'Whether each connection to MQTT over TCP begins with a PROXY header, version 1 or 2; the address in it is the client everywhere.',
  }),
  wsProxyProtocol: setting({
    name: 'GUARDBEE_WS_PROXY_PROTOCOL',
    type: offOrOn,
    default: { value: 'off' },
    sentence: 'The same for MQTT over WebSocket, which is then served by the slower `ws` package.',
  }),
  tlsProxyProtocol: setting({
    name: 'GUARDBEE_TLS_PROXY_PROTOCOL',
    type: offOrOn,
    default: { value: 'off' },
    sentence: 'The same for MQTT over TLS; the header comes before the TLS handshake.',
  }),
  wssProxyProtocol: setting({
    name: 'GUARDBEE_WSS_PROXY_PROTOCOL',
    type: offOrOn,
    default: { value: 'off' },
    sentence: 'The same for MQTT over WebSocket over TLS, which is then served by the slower `ws` package.',
  }),
  trustedProxies: setting({
    name: 'GUARDBEE_TRUSTED_PROXIES',
    type: optional(networks),
    default: { value: undefined },
    sentence:
      'Who may connect to the listeners that await a PROXY header, for whoever does says who the client is; anybody else is closed at once and counted.',
  }),
  drainDelaySeconds: setting({
    name: 'GUARDBEE_DRAIN_DELAY_SECONDS',
    type: integer(0, 600),
    default: { value: 0 },
    unit: 'seconds',
    sentence:
      'How long clients are still taken after SIGTERM while `/readyz` already says no, so that a load balancer notices first.',
  }),
  drainSeconds: setting({
    name: 'GUARDBEE_DRAIN_SECONDS',
    type: integer(0, 3_600),
    default: { value: 0 },
    unit: 'seconds',
    sentence:
      'How long it takes after that to close the connected clients, one by one at a steady rate, so that they do not all come to the other nodes at once.',
  }),
  drainReason: setting({
    name: 'GUARDBEE_DRAIN_REASON',
    type: oneOf(['server-shutting-down', 'use-another-server']),
    default: { value: 'server-shutting-down' },
    sentence: 'What MQTT 5 clients are told then: 0x8B or 0x9C; those of MQTT 3 are just closed.',
  }),
  drainServerReference: setting({
    name: 'GUARDBEE_DRAIN_SERVER_REFERENCE',
    type: optional(serverReference),
    default: { value: undefined },
    sentence: 'The Server Reference beside 0x9C: other servers, as `mqtt2.example.com:1883`, parted by spaces.',
  }),
}
