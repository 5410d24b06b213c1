import { claimAt, claimTexts } from '../claim-path.ts'
import type { FileRealmModel, FileRoleModel } from '../file-realm-model.ts'
import { aifPermissions } from '../permission-formats/aif-mqtt.ts'
import { emqxPermissions } from '../permission-formats/emqx-acl.ts'
import { filterListPermissions } from '../permission-formats/filter-lists.ts'
import { rabbitmqPermissions } from '../permission-formats/rabbitmq-scopes.ts'
import type { TokenHolder } from '../permission-formats/token-permissions.ts'
import type { RabbitmqScopesModel, TokenPermissionsModel } from '../token-permissions-model.ts'
import type { AuthorizationOutcome, AuthorizationRequest, Authorizer } from './authorizer.ts'

const PLAIN_SCOPES: RabbitmqScopesModel = { prefix: '', vhost: '/', resourceType: undefined, aliases: {} }

/** Takes permissions from the token that has let the client in; knows nothing of a client without one. */
export class TokenAuthorizer implements Authorizer {
  readonly #model: TokenPermissionsModel
  readonly #roles: ReadonlyMap<string, FileRoleModel>

  constructor(model: TokenPermissionsModel, realm: FileRealmModel | undefined) {
    this.#model = model
    this.#roles = new Map((realm?.roles ?? []).map(role => [role.name, role]))
  }

  authorize({ credentials, claims }: AuthorizationRequest): AuthorizationOutcome {
    if (claims === undefined) return { kind: 'unknown' }
    const holder = { credentials, claims }
    const { format, claim, scopes = PLAIN_SCOPES } = this.#model
    switch (format) {
      case 'emqx':
        return emqxPermissions(holder, claim)
      case 'rabbitmq':
        return rabbitmqPermissions(holder, claim, scopes)
      case 'aif':
        return aifPermissions(holder, claim)
      case 'lists':
        return filterListPermissions(holder)
      case 'roles':
        return this.#rolePermissions(holder, claim)
    }
  }

  /** The claim is a list of names, or a text with spaces between them. */
  #rolePermissions({ claims }: TokenHolder, claim: string): AuthorizationOutcome {
    const value = claimAt(claims, claim)
    const names = claimTexts(value).flatMap(text => (Array.isArray(value) ? [text] : text.split(/\s+/)))
    const roles = [...new Set(names)].flatMap(name => this.#roles.get(name) ?? [])
    if (roles.length === 0) return { kind: 'unknown' }
    return { kind: 'known', permissions: roles.flatMap(role => role.permissions) }
  }
}
