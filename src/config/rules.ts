import type { SettingProblem } from './read-table.ts'
import { sections } from './schema.ts'
import type { Settings } from './settings-type.ts'

/** Something that must hold between settings; `given` names those that the environment sets. */
export type Rule = (settings: Settings, given: ReadonlySet<string>) => readonly SettingProblem[]

const SECURITY_FILE = 'GUARDBEE_SECURITY_FILE'
const ISSUER = 'GUARDBEE_JWT_ISSUER'

/** Rules for the listeners, whoever the clients' issuer is. */
export const listenerRules: readonly Rule[] = [someListenerIsOn, portsDiffer]

/** Rules of `guardbee start`. */
export const startRules: readonly Rule[] = [...listenerRules, oneSourceOfTrust, issuerIsNamed, scopeIsNamed]

/** Rules of `guardbee dev`. */
export const devRules: readonly Rule[] = [...listenerRules, bindsToLoopback, noOtherSourceOfTrust]

function someListenerIsOn(settings: Settings): readonly SettingProblem[] {
  if (settings.mqttPort !== undefined || settings.wsPort !== undefined) return []
  const names = ['GUARDBEE_MQTT_PORT', 'GUARDBEE_WS_PORT']
  return [{ names, text: 'both are off, expected at least one listener for clients' }]
}

/** Two listeners on one port would share it without a word, because each worker listens by `SO_REUSEPORT`. */
function portsDiffer(settings: Settings): readonly SettingProblem[] {
  const ports = [
    { name: 'GUARDBEE_MQTT_PORT', port: settings.mqttPort },
    { name: 'GUARDBEE_WS_PORT', port: settings.wsPort },
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
  if (given.has(SECURITY_FILE) || given.has(ISSUER) || jwt.length === 0) return []
  return [{ names: [ISSUER], text: `is missing, expected because ${jwt.join(', ')} is given` }]
}

function scopeIsNamed(_: Settings, given: ReadonlySet<string>): readonly SettingProblem[] {
  if (given.has(SECURITY_FILE) || !given.has('GUARDBEE_JWT_SCOPE_CLAIM') || given.has('GUARDBEE_JWT_SCOPE')) return []
  return [{ names: ['GUARDBEE_JWT_SCOPE'], text: 'is missing, expected because GUARDBEE_JWT_SCOPE_CLAIM is given' }]
}

function bindsToLoopback(settings: Settings): readonly SettingProblem[] {
  const address = settings.bindAddress
  if (address.startsWith('127.') || address === '::1') return []
  const text = `found "${address}", expected a loopback address: development mode lets anybody in who reads its secrets`
  return [{ names: ['GUARDBEE_BIND_ADDRESS'], text }]
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
