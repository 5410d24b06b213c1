import { clientPorts } from '../config/client-ports.ts'
import type { Settings } from '../config/settings-type.ts'
import type { WantedPort } from './busy-ports.ts'

/** The ports that a broker with these settings listens on. */
export function wantedPorts(settings: Settings): readonly WantedPort[] {
  const { bindAddress, adminBindAddress, adminPort } = settings
  const { mqttPort, wsPort, tlsPort, wssPort } = clientPorts(settings)
  return [
    { setting: 'GUARDBEE_MQTT_PORT', address: bindAddress, port: mqttPort },
    { setting: 'GUARDBEE_WS_PORT', address: bindAddress, port: wsPort },
    { setting: 'GUARDBEE_TLS_PORT', address: bindAddress, port: tlsPort },
    { setting: 'GUARDBEE_WSS_PORT', address: bindAddress, port: wssPort },
    { setting: 'GUARDBEE_ADMIN_PORT', address: adminBindAddress, port: adminPort },
  ]
}
