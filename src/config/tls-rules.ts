import type { SettingProblem } from './read-table.ts'
import { sections } from './schema.ts'
import type { Settings } from './settings-type.ts'

const CERTIFICATE = 'GUARDBEE_TLS_CERTIFICATE_FILE'
const KEY = 'GUARDBEE_TLS_KEY_FILE'
const CLIENT_CERTIFICATES = 'GUARDBEE_TLS_CLIENT_CERTIFICATES'
const CLIENT_CA = 'GUARDBEE_TLS_CLIENT_CA_FILE'
const TLS_PORT = 'GUARDBEE_TLS_PORT'
const WSS_PORT = 'GUARDBEE_WSS_PORT'

/** A setting of the encrypted listeners without a certificate would look like encryption and be none. */
export function tlsHasCertificate(settings: Settings, given: ReadonlySet<string>): readonly SettingProblem[] {
  const tls = tlsNames(settings).filter(name => given.has(name))
  if (tls.length === 0) return []
  const missing = [CERTIFICATE, KEY].filter(name => !given.has(name))
  return missing.map(name => ({ names: [name], text: `is missing, expected because ${tls.join(', ')} is given` }))
}

/** Asking clients for certificates and knowing whose to take go together. */
export function clientCertificatesHaveAuthority(settings: Settings): readonly SettingProblem[] {
  const { tlsClientCertificates: wanted, tlsClientCaFile: authority } = settings
  if (wanted !== 'none' && authority === undefined) {
    return [{ names: [CLIENT_CA], text: `is missing, expected because ${CLIENT_CERTIFICATES} is ${wanted}` }]
  }
  if (wanted === 'none' && authority !== undefined) {
    return [{ names: [CLIENT_CERTIFICATES], text: `is none, expected optional or required beside ${CLIENT_CA}` }]
  }
  return []
}

/** An empty port switches its listener off, which needs no certificate. */
function tlsNames({ tlsPort, wssPort }: Settings): readonly string[] {
  const off = [...(tlsPort === undefined ? [TLS_PORT] : []), ...(wssPort === undefined ? [WSS_PORT] : [])]
  return sections
    .flatMap(section => Object.values(section.settings).map(row => row.name))
    .filter(name => /^GUARDBEE_(TLS|WSS)_/.test(name) && !off.includes(name))
}
