import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { ownRealms } from './realm-id.ts'
import type { JwtRealmModel, SecurityModel } from './security-model.ts'

const GONE = 'cannot be read'

/** Every file that the model names, beside the one that it was read from. */
export function filesOf({ realms, fileRealms = [] }: SecurityModel): readonly string[] {
  return [...fileRealms.map(({ path }) => path), ...ownRealms(realms).flatMap(filesOfRealm)]
}

/**
 * The model with a digest of what is in the files of each JWT realm, so that a realm whose key or certificate was
 * replaced differs from the one before. That a file cannot be read is said by whoever uses it.
 */
export async function withFileDigests(model: SecurityModel): Promise<SecurityModel> {
  const realms = await Promise.all(
    model.realms.map(async realm => {
      if (realm.issuers === undefined) return await withDigest(realm)
      const issuers = realm.issuers.map(async issuer => ({ ...issuer, realm: await withDigest(issuer.realm) }))
      return { ...realm, issuers: await Promise.all(issuers) }
    }),
  )
  return { ...model, realms }
}

function filesOfRealm({ jwksFile, serverTls, introspection }: JwtRealmModel): readonly string[] {
  const { caFile, certificateFile, keyFile } = serverTls ?? {}
  return [jwksFile, caFile, certificateFile, keyFile, introspection?.clientKeyFile].filter(file => file !== undefined)
}

async function withDigest(realm: JwtRealmModel): Promise<JwtRealmModel> {
  const files = filesOfRealm(realm)
  if (files.length === 0) return realm
  const contents = await Promise.all(files.map(digestOf))
  return { ...realm, filesDigest: hash('sha256', contents.join(' '), 'base64url') }
}

async function digestOf(file: string): Promise<string> {
  try {
    return hash('sha256', await readFile(file), 'base64url')
  } catch {
    // That it is gone is a difference too.
    return GONE
  }
}
