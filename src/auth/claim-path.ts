import { isJsonObject, member, type JsonObject } from './json-object.ts'

/**
 * The value of a claim by its name, or by the names on the way to it with dots between (`realm_access.roles`). A claim
 * whose own name has dots in it (`https://example.com/roles`) is found by that.
 */
export function claimAt(claims: JsonObject, path: string): unknown {
  const direct = member(claims, path)
  if (direct !== undefined) return direct
  let value: unknown = claims
  for (const name of path.split('.')) {
    if (!isJsonObject(value)) return undefined
    value = member(value, name)
  }
  return value
}

/** What a claim says as texts: its own, or those of its array; anything else says nothing. */
export function claimTexts(value: unknown): readonly string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  return values.flatMap(one => {
    if (typeof one === 'string') return [one]
    return typeof one === 'number' || typeof one === 'boolean' ? [String(one)] : []
  })
}
