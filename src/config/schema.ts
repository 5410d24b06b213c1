import { clusterSettings } from './cluster-settings.ts'
import { accessLogSettings } from './access-log-settings.ts'
import type { Section } from './setting.ts'
import { setting } from './setting.ts'
import { balancerSettings } from './balancer-settings.ts'
import { integer, ipAddress, oneOf, optional, path, port, portOrOff, secretText } from './setting-types.ts'
import { mqttSettings } from './mqtt-settings.ts'
import { permissionSettings } from './permission-settings.ts'
import { restrictionSettings } from './restriction-settings.ts'
import { storeSettings } from './store-settings.ts'
import { tokenSettings } from './token-settings.ts'

const WORKERS_MAX = 256

const listeners = {
  bindAddress: setting({
    name: 'GUARDBEE_BIND_ADDRESS',
    type: ipAddress,
    default: { value: '0.0.0.0' },
    sentence: 'Address on which the MQTT and WebSocket listeners accept clients.',
  }),
  mqttPort: setting({
    name: 'GUARDBEE_MQTT_PORT',
    type: portOrOff,
    default: { value: 1883 },
    sentence: 'Port of MQTT over TCP.',
  }),
  wsPort: setting({
    name: 'GUARDBEE_WS_PORT',
    type: portOrOff,
    default: { value: 8083 },
    sentence: 'Port of MQTT over WebSocket, at the path `/mqtt`.',
  }),
  tlsPort: setting({
    name: 'GUARDBEE_TLS_PORT',
    type: portOrOff,
    default: { value: 8883 },
    sentence: 'Port of MQTT over TLS; the listener is on where `GUARDBEE_TLS_CERTIFICATE_FILE` is given.',
  }),
  wssPort: setting({
    name: 'GUARDBEE_WSS_PORT',
    type: portOrOff,
    default: { value: 8084 },
    sentence: 'Port of MQTT over WebSocket over TLS, at the path `/mqtt`; on where that file is given.',
  }),
  adminBindAddress: setting({
    name: 'GUARDBEE_ADMIN_BIND_ADDRESS',
    type: ipAddress,
    default: { value: '127.0.0.1' },
    sentence:
      'Address of the admin port; give another only in a network of your own, for health checks and metrics from there.',
  }),
  adminPort: setting({
    name: 'GUARDBEE_ADMIN_PORT',
    type: portOrOff,
    default: { value: 8080 },
    sentence: 'Port of `/healthz`, `/readyz`, `/metrics` and of what revokes tokens.',
  }),
}

const encryption = {
  tlsCertificateFile: setting({
    name: 'GUARDBEE_TLS_CERTIFICATE_FILE',
    type: optional(path),
    default: { value: undefined },
    sentence:
      'Certificate of the encrypted listeners in PEM, followed by its chain; files are read again when they change, and on SIGHUP.',
  }),
  tlsKeyFile: setting({
    name: 'GUARDBEE_TLS_KEY_FILE',
    type: optional(path),
    default: { value: undefined },
    sentence: 'Its private key in PEM, without a passphrase.',
  }),
  tlsSniDir: setting({
    name: 'GUARDBEE_TLS_SNI_DIR',
    type: optional(path),
    default: { value: undefined },
    sentence:
      'Folder of further certificates, each `NAME.crt` beside its `NAME.key`; a client gets the one whose DNS names hold what it asks for (SNI), else that of the file.',
  }),
  tlsMinVersion: setting({
    name: 'GUARDBEE_TLS_MIN_VERSION',
    type: oneOf(['1.2', '1.3']),
    default: { value: '1.2' },
    sentence: 'Oldest version of TLS that is spoken.',
  }),
  tlsClientCertificates: setting({
    name: 'GUARDBEE_TLS_CLIENT_CERTIFICATES',
    type: oneOf(['none', 'optional', 'required']),
    default: { value: 'none' },
    sentence:
      'Whether clients are asked for a certificate; one that is shown must be valid, also where it is optional.',
  }),
  tlsClientCaFile: setting({
    name: 'GUARDBEE_TLS_CLIENT_CA_FILE',
    type: optional(path),
    default: { value: undefined },
    sentence: "Certificates in PEM of the authorities that may vouch for clients; the system's do not count.",
  }),
  tlsTicketSecret: setting({
    name: 'GUARDBEE_TLS_TICKET_SECRET',
    type: optional(secretText),
    default: { value: undefined },
    secret: true,
    sentence:
      'Lets every node that has the same resume the TLS sessions of the others, as after `openssl rand -base64 48`; without it only the workers of one node do.',
  }),
}

const processes = {
  workers: setting({
    name: 'GUARDBEE_WORKERS',
    type: integer(1, WORKERS_MAX),
    default: { from: facts => Math.min(Math.max(facts.cores, 1), WORKERS_MAX), said: 'the number of cores' },
    unit: 'processes',
    sentence: 'Workers of this node; each is a whole broker and clients are spread over them.',
  }),
  authThreads: setting({
    name: 'GUARDBEE_AUTH_THREADS',
    type: integer(1, 16),
    default: { value: 1 },
    unit: 'threads per worker',
    sentence: 'Threads that verify the signatures of tokens beside each worker.',
  }),
}

const logs = {
  logLevel: setting({
    name: 'GUARDBEE_LOG_LEVEL',
    type: oneOf(['trace', 'debug', 'info', 'warn', 'error']),
    default: { value: 'info' },
    sentence: 'Least severe events that the structured log on standard output holds.',
  }),
  logDir: setting({
    name: 'GUARDBEE_LOG_DIR',
    type: path,
    default: { value: 'log' },
    sentence: 'Folder of the access log, which is `access/access.log` in it unless the security file says otherwise.',
  }),
  ...accessLogSettings,
}

const development = {
  devIssuerPort: setting({
    name: 'GUARDBEE_DEV_ISSUER_PORT',
    type: port,
    default: { value: 9400 },
    sentence: 'Port of the development issuer of `guardbee dev`; nothing else uses it.',
  }),
}

/** Every setting. A new one is a row here, and nothing else. */
export const sections = [
  { title: 'Listeners', settings: listeners },
  { title: 'Encryption', settings: encryption },
  { title: 'Load balancer', settings: balancerSettings },
  { title: 'Processes', settings: processes },
  { title: 'MQTT', settings: mqttSettings },
  { title: 'Restrictions', settings: restrictionSettings },
  { title: 'Store', settings: storeSettings },
  { title: 'Cluster', settings: clusterSettings },
  { title: 'Logs', settings: logs },
  { title: 'Security', settings: tokenSettings },
  { title: 'Permissions', settings: permissionSettings },
  { title: 'Development', settings: development },
] as const satisfies readonly Section[]
