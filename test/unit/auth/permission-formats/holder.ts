import { compilePermissions } from '../../../../src/core/compiled-permissions.ts'
import { fillPlaceholders } from '../../../../src/core/permission-placeholders.ts'
import type { Permissions } from '../../../../src/core/permissions.ts'
import type { Credentials } from '../../../../src/ports/auth.ts'
import type { JsonObject } from '../../../../src/auth/json-object.ts'
import type { TokenHolder, TokenPermissions } from '../../../../src/auth/permission-formats/token-permissions.ts'

/** The client of EMQX's own test vectors, with a token. */
export function holderOf(claims: JsonObject, fields: Partial<Credentials> = {}): TokenHolder {
  const credentials: Credentials = {
    listener: { name: 'tcp-listener-1883', transport: 'tcp', port: 1883 },
    remoteAddress: '10.1.2.3',
    clientId: 'clientid',
    username: 'username',
    password: undefined,
    authenticationMethod: undefined,
    authenticationData: undefined,
    ...fields,
  }
  return { credentials, claims }
}

/** What a client may do by what a format made of its token. */
export function compiled(found: TokenPermissions, { credentials }: TokenHolder): Permissions {
  if (found.kind !== 'known') throw new Error(`the permissions are ${found.kind}`)
  const values = new Map([
    ['mqtt-clientid', credentials.clientId],
    ['mqtt-username', credentials.username],
  ])
  const filled = fillPlaceholders(found.permissions, name => values.get(name))
  if (filled.kind === 'unsafe') throw new Error(`${filled.placeholder} is not safe`)
  return compilePermissions(filled.permissions)
}
