import { proxiesAreTrusted, referenceHasReason } from './balancer-rules.ts'
import { clientPorts } from './client-ports.ts'
import { heartbeatsFit, isOneNode, oneStore, redisIsEncrypted, secretIsRolled } from './cluster-rules.ts'
import { isLoopback } from './loopback.ts'
import { permissionsFit } from './permission-rules.ts'
import type { SettingProblem } from './read-table.ts'
import { sections } from './schema.ts'
import type { Settings } from './settings-type.ts'
import { clientCertificatesHaveAuthority, tlsHasCertificate } from './tls-rules.ts'

/** Something that must hold between settings; `given` names those that the environment sets. */
export type Rule = (settings: Settings, given: ReadonlySet<string>) => readonly SettingProblem[]

const SECURITY_FILE = 'GUARDBEE_SECURITY_FILE'
const ISSUER = 'GUARDBEE_JWT_ISSUER'
const ISSUERS_FILE = 'GUARDBEE_JWT_ISSUERS_FILE'
const JWKS_URI = 'GUARDBEE_JWT_JWKS_URI'
const JWKS_FILE = 'GUARDBEE_JWT_JWKS_FILE'

/** Rules for the listeners, whoever the clients' issuer is. */
export const listenerRules: readonly Rule[] = [
  someListenerIsOn,
  portsDiffer,
  tlsHasCertificate,
  clientCertificatesHaveAuthority,
  proxiesAreTrusted,
  referenceHasReason,
]

/** Rules for what the variables, or a member of the file of issuers, say of one issuer. */
export const issuerRules: readonly Rule[] = [
  keysOfOneIssuer,
  scopeIsNamed,
  certificateHasKey,
  introspectionClient,
  permissionsFit,
]

/** Rules for several nodes that are one broker. */
const clusterRules: readonly Rule[] = [oneStore, redisIsEncrypted, secretIsRolled, heartbeatsFit]

/** Rules of `guardbee start`. */
export const startRules: readonly Rule[] = [
  ...listenerRules,
  ...clusterRules,
  oneSourceOfTrust,
  issuerIsNamed,
  ...issuerRules,
  introspectionIsOn,
]

/** Rules of `guardbee dev`. */
export const devRules: readonly Rule[] = [...listenerRules, isOneNode, bindsToLoopback, noOtherSourceOfTrust]

function someListenerIsOn(settings: Settings): readonly SettingProblem[] {
  if (Object.values(clientPorts(settings)).some(port => port !== undefined)) return []
  const encrypted = settings.tlsCertificateFile === undefined ? [] : ['GUARDBEE_TLS_PORT', 'GUARDBEE_WSS_PORT']
  const names = ['GUARDBEE_MQTT_PORT', 'GUARDBEE_WS_PORT', ...encrypted]
  const all = encrypted.length === 0 ? 'both' : 'all'
  return [{ names, text: `${all} are off, expected at least one listener for clients` }]
}

/** Two listeners on one port would share it without a word, because each worker listens by `SO_REUSEPORT`. */
function portsDiffer(settings: Settings): readonly SettingProblem[] {
  const { mqttPort, wsPort, tlsPort, wssPort } = clientPorts(settings)
  const ports = [
    { name: 'GUARDBEE_MQTT_PORT', port: mqttPort },
    { name: 'GUARDBEE_WS_PORT', port: wsPort },
    { name: 'GUARDBEE_TLS_PORT', port: tlsPort },
    { name: 'GUARDBEE_WSS_PORT', port: wssPort },
    { name: 'GUARDBEE_ADMIN_PORT', port: settings.adminPort },
  ].filter(({ port }) => port !== undefined && port !== 0)
  return ports.flatMap(({ name, port }, index) =>
    ports
      .slice(index + 1)
      .filter(other => other.port === port)
      .map(other => ({ names: [name, other.name], text: `both are ${port}, expected different ports` })),
  )
}

function oneSourceOfTrust(_: Settings, given: ReadonlySet<string>): readonly SettingProblem[] {
  const jwt = jwtNames(given)
  if (given.has(SECURITY_FILE) && jwt.length > 0) {
    const text = `given together, expected either the security file or ${jwt.length === 1 ? 'that variable' : 'those variables'}`
    return [{ names: [SECURITY_FILE, ...jwt], text }]
  }
  if (given.has(SECURITY_FILE) || jwt.length > 0) return []
  const text = [
    'nobody is named whose tokens let clients in; expected one of:',
    `  ${ISSUER}=https://… (and GUARDBEE_JWT_JWKS_URI where the issuer has no metadata document),`,
    `  ${SECURITY_FILE}=enterprise-security-extension.xml,`,
    '  or `guardbee dev` to try it out with a development issuer',
  ].join('\n')
  return [{ names: [SECURITY_FILE, ISSUER], text }]
}

function issuerIsNamed(_: Settings, given: ReadonlySet<string>): readonly SettingProblem[] {
  const jwt = jwtNames(given)
  if (given.has(ISSUER) && given.has(ISSUERS_FILE)) {
    return [{ names: [ISSUER, ISSUERS_FILE], text: 'given together, expected every issuer in the file or none' }]
  }
  if (given.has(SECURITY_FILE) || given.has(ISSUER) || given.has(ISSUERS_FILE) || jwt.length === 0) return []
  return [{ names: [ISSUER], text: `is missing, expected because ${jwt.join(', ')} is given` }]
}

function keysOfOneIssuer(settings: Settings, given: ReadonlySet<string>): readonly SettingProblem[] {
  const keys = [JWKS_URI, JWKS_FILE].filter(name => given.has(name))
  if (keys.length > 1) return [{ names: keys, text: 'given together, expected one source of keys' }]
  if (keys.length > 0 && settings.jwtIntrospection === 'only') {
    return [{ names: keys, text: 'has no effect, because tokens are introspected only' }]
  }
  if (keys.length === 0 || settings.jwtIssuer?.includes(' ') !== true) return []
  return [
    {
      names: keys,
      text: `given for several issuers, expected each with its own keys; write them into ${ISSUERS_FILE}`,
    },
  ]
}

function certificateHasKey(_: Settings, given: ReadonlySet<string>): readonly SettingProblem[] {
  const names = ['GUARDBEE_JWT_CLIENT_CERTIFICATE_FILE', 'GUARDBEE_JWT_CLIENT_KEY_FILE']
  const missing = names.filter(name => !given.has(name))
  return missing.length === 1 ? [{ names: missing, text: 'is missing, expected beside the other of the two' }] : []
}

/** What the way of client authentication needs, where tokens are introspected. */
function introspectionClient(settings: Settings, given: ReadonlySet<string>): readonly SettingProblem[] {
  if (settings.jwtIntrospection === 'off') return []
  const needed = {
    basic: ['GUARDBEE_JWT_INTROSPECTION_CLIENT_ID', 'GUARDBEE_JWT_INTROSPECTION_CLIENT_SECRET'],
    post: ['GUARDBEE_JWT_INTROSPECTION_CLIENT_ID', 'GUARDBEE_JWT_INTROSPECTION_CLIENT_SECRET'],
    'private-key-jwt': ['GUARDBEE_JWT_INTROSPECTION_CLIENT_ID', 'GUARDBEE_JWT_INTROSPECTION_KEY_FILE'],
    mtls: ['GUARDBEE_JWT_INTROSPECTION_CLIENT_ID', 'GUARDBEE_JWT_CLIENT_CERTIFICATE_FILE'],
  }[settings.jwtIntrospectionAuth]
  const names = needed.filter(name => !given.has(name))
  const text = `is missing, expected because tokens are introspected with ${settings.jwtIntrospectionAuth}`
  return names.map(name => ({ names: [name], text }))
}

/** The file of issuers may switch it on for some of them. */
function introspectionIsOn(settings: Settings, given: ReadonlySet<string>): readonly SettingProblem[] {
  if (settings.jwtIntrospection !== 'off' || given.has(ISSUERS_FILE)) return []
  const names = Array.from(given).filter(name => name.startsWith('GUARDBEE_JWT_INTROSPECTION_'))
  return names.length === 0 ? [] : [{ names, text: 'has no effect, expected GUARDBEE_JWT_INTROSPECTION beside it' }]
}

function scopeIsNamed(_: Settings, given: ReadonlySet<string>): readonly SettingProblem[] {
  if (given.has(SECURITY_FILE) || !given.has('GUARDBEE_JWT_SCOPE_CLAIM') || given.has('GUARDBEE_JWT_SCOPE')) return []
  return [{ names: ['GUARDBEE_JWT_SCOPE'], text: 'is missing, expected because GUARDBEE_JWT_SCOPE_CLAIM is given' }]
}

function bindsToLoopback({ bindAddress, adminBindAddress }: Settings): readonly SettingProblem[] {
  const addresses = [
    { name: 'GUARDBEE_BIND_ADDRESS', address: bindAddress },
    { name: 'GUARDBEE_ADMIN_BIND_ADDRESS', address: adminBindAddress },
  ]
  return addresses
    .filter(({ address }) => !isLoopback(address))
    .map(({ name, address }) => {
      const why = 'development mode lets anybody in who reads its secrets'
      return { names: [name], text: `found "${address}", expected a loopback address: ${why}` }
    })
}

function noOtherSourceOfTrust(_: Settings, given: ReadonlySet<string>): readonly SettingProblem[] {
  const others = [...(given.has(SECURITY_FILE) ? [SECURITY_FILE] : []), ...jwtNames(given)]
  if (others.length === 0) return []
  const text = 'not used by `guardbee dev`, which brings its own issuer; use `guardbee start`'
  return [{ names: others, text }]
}

function jwtNames(given: ReadonlySet<string>): readonly string[] {
  return sections
    .flatMap(section => Object.values(section.settings).map(row => row.name))
    .filter(name => name.startsWith('GUARDBEE_JWT_') && given.has(name))
}
