import { isDeepStrictEqual } from 'node:util'
import type { JwtRealmModel } from './security-model.ts'

/**
 * What keys, caches and budgets of a realm go by. A realm that was changed while the broker runs has another one than
 * before, so that nothing that was found out by the old one counts for the new.
 */
export function realmId({ id, name }: JwtRealmModel): string {
  return id ?? name
}

/** The realms that have keys or an endpoint of their own: those of each issuer in place of the realm that they stand in. */
export function ownRealms(realms: readonly JwtRealmModel[]): readonly JwtRealmModel[] {
  return realms.flatMap(realm => realm.issuers?.map(issuer => issuer.realm) ?? [realm])
}

/** The names by which the realms in use go. */
export function realmIds(realms: readonly JwtRealmModel[]): ReadonlySet<string> {
  return new Set(ownRealms(realms).map(realmId))
}

/**
 * The realms of a configuration that was read again: one that is as it was keeps its id, any other gets one that no
 * realm has had before, for which `nextNumber` counts.
 */
export function withIds(
  realms: readonly JwtRealmModel[],
  before: readonly JwtRealmModel[],
  nextNumber: () => number,
): readonly JwtRealmModel[] {
  const known = ownRealms(before)
  const withId = (realm: JwtRealmModel): JwtRealmModel => {
    const same = known.find(one => isDeepStrictEqual({ ...one, id: undefined }, { ...realm, id: undefined }))
    if (same !== undefined) return same
    let id: string
    do id = `${realm.name}~${nextNumber()}`
    while (known.some(one => realmId(one) === id)) // a name of the first configuration may look like it
    return { ...realm, id }
  }
  return realms.map(realm => {
    if (realm.issuers === undefined) return withId(realm)
    return { ...realm, issuers: realm.issuers.map(issuer => ({ ...issuer, realm: withId(issuer.realm) })) }
  })
}
