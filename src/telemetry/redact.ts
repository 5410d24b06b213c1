import type { LogFields } from '../ports/telemetry.ts'

const REDACTED = '[redacted]'
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
const JWT = /eyJ[\w-]*\.[\w-]+(\.[\w-]*)?/g

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

/** The text with everything replaced that looks like a JWT. */
export function withoutTokens(text: string): string {
  return text.includes('eyJ') ? text.replace(JWT, REDACTED) : text
}
