import { REDACTED, withoutTokens } from '../core/without-tokens.ts'
import type { LogFields } from '../ports/telemetry.ts'

const SECRET_NAMES = new Set([
  'password',
  'token',
  'accesstoken',
  'refreshtoken',
  'authorization',
  'authenticationdata',
  'secret',
  'clientsecret',
])

/** Whether a field of this name must not be logged, however it is written: `accessToken`, `access_token`. */
export function namesSecret(name: string): boolean {
  return SECRET_NAMES.has(name.replaceAll(/[_-]/g, '').toLowerCase())
}

/** The value of a field as it may be logged. */
export function redactedField(name: string, value: LogFields[string]): LogFields[string] {
  if (value !== undefined && namesSecret(name)) return REDACTED
  if (typeof value === 'object') return value.map(withoutTokens)
  return typeof value === 'string' ? withoutTokens(value) : value
}
