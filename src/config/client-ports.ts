import type { Settings } from './settings-type.ts'

/** Ports on which clients come in; 0 takes a free one, undefined: the listener is off. */
export interface ClientPorts {
  readonly mqttPort: number | undefined
  readonly wsPort: number | undefined
  readonly tlsPort: number | undefined
  readonly wssPort: number | undefined
}

/** The ports of the listeners that are on: encrypted ones need a certificate. */
export function clientPorts({ mqttPort, wsPort, tlsPort, wssPort, tlsCertificateFile }: Settings): ClientPorts {
  const encrypted = tlsCertificateFile === undefined ? undefined : { tlsPort, wssPort }
  return { mqttPort, wsPort, tlsPort: encrypted?.tlsPort, wssPort: encrypted?.wssPort }
}
