import { isJsonObject, member } from './json-object.ts'
import { REVOCATION_KINDS, type Revocation } from './revocations.ts'

/** A revocation as JSON, and back by {@link readRevocation}. */
export function writeRevocation(revocation: Revocation): string {
  return JSON.stringify(revocation)
}

/** The revocation that a value of JSON is; undefined: it is none. */
export function readRevocation(json: unknown): Revocation | undefined {
  if (!isJsonObject(json)) return undefined
  const kind = REVOCATION_KINDS.find(each => each === member(json, 'kind'))
  const value = member(json, 'value')
  const issuer = member(json, 'issuer')
  const revokedAtMs = member(json, 'revokedAtMs')
  const untilMs = member(json, 'untilMs')
  if (kind === undefined || typeof value !== 'string' || !(issuer === undefined || typeof issuer === 'string')) {
    return undefined
  }
  if (typeof revokedAtMs !== 'number' || typeof untilMs !== 'number') return undefined
  return { kind, value, issuer, revokedAtMs, untilMs }
}
