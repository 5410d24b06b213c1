import type { Section } from './setting.ts'
import { setting } from './setting.ts'
import { httpUrl, integer, ipAddress, oneOf, optional, path, port, portOrOff, text } from './setting-types.ts'

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
  adminPort: setting({
    name: 'GUARDBEE_ADMIN_PORT',
    type: portOrOff,
    default: { value: 8080 },
    sentence: 'Port of `/healthz`, `/readyz` and `/metrics`; always on the loopback address.',
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
}

const security = {
  securityFile: setting({
    name: 'GUARDBEE_SECURITY_FILE',
    type: optional(path),
    default: { value: undefined },
    sentence: "HiveMQ's `enterprise-security-extension.xml`, read as it is; excludes every `GUARDBEE_JWT_*` variable.",
  }),
  jwtIssuer: setting({
    name: 'GUARDBEE_JWT_ISSUER',
    type: optional(httpUrl),
    default: { value: undefined },
    sentence: 'Issuer whose access tokens let a client in; compared with the `iss` claim to the letter.',
  }),
  jwtJwksUri: setting({
    name: 'GUARDBEE_JWT_JWKS_URI',
    type: optional(httpUrl),
    default: { value: undefined },
    sentence: "Where the issuer's public keys are; without it the issuer's metadata document is asked.",
  }),
  jwtAudience: setting({
    name: 'GUARDBEE_JWT_AUDIENCE',
    type: optional(text),
    default: { value: undefined },
    sentence: 'Value that the `aud` claim must be or hold; without it tokens meant for others are accepted too.',
  }),
  jwtScope: setting({
    name: 'GUARDBEE_JWT_SCOPE',
    type: optional(text),
    default: { value: undefined },
    sentence: 'Scopes, separated by spaces, all of which a token must have.',
  }),
  jwtScopeClaim: setting({
    name: 'GUARDBEE_JWT_SCOPE_CLAIM',
    type: text,
    default: { value: 'scope' },
    sentence: 'Claim that holds the scopes, as a string with spaces or as an array (Okta: `scp`).',
  }),
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
  { title: 'Processes', settings: processes },
  { title: 'Logs', settings: logs },
  { title: 'Security', settings: security },
  { title: 'Development', settings: development },
] as const satisfies readonly Section[]
