import type { Permission } from '../../core/permissions.ts'
import type { FileRealmModel, FileRoleModel, FileUserModel } from '../file-realm-model.ts'
import type { AuthorizationOutcome, AuthorizationRequest, Authorizer } from './authorizer.ts'
import { namesIn } from '../ese-list.ts'

/** Which ESE variables are looked up. */
export interface FileAuthorizerKeys {
  /** `authorization-key`: a user with its own permissions and those of its roles. */
  readonly useAuthorizationKey: boolean
  /** `authorization-role-key`: roles. */
  readonly useAuthorizationRoleKey: boolean
}

/** Takes permissions from a realm file, by the name of the user, of roles, or both. */
export class FileAuthorizer implements Authorizer {
  readonly #users: ReadonlyMap<string, FileUserModel>
  readonly #roles: ReadonlyMap<string, FileRoleModel>
  readonly #keys: FileAuthorizerKeys

  constructor({ users, roles }: FileRealmModel, keys: FileAuthorizerKeys) {
    this.#users = new Map(users.map(user => [user.name, user]))
    this.#roles = new Map(roles.map(role => [role.name, role]))
    this.#keys = keys
  }

  authorize({ variables }: AuthorizationRequest): AuthorizationOutcome {
    const { useAuthorizationKey, useAuthorizationRoleKey } = this.#keys
    const userName = useAuthorizationKey ? variables.string('authorization-key') : undefined
    const user = userName === undefined ? undefined : this.#users.get(userName)
    const roleKey = useAuthorizationRoleKey ? variables.string('authorization-role-key') : undefined
    const roles = this.#rolesNamed([...(user?.roles ?? []), ...namesIn(roleKey)])
    if (user === undefined && roles.length === 0) return { kind: 'unknown' }
    return { kind: 'known', permissions: [...(user?.permissions ?? []), ...permissionsOf(roles)] }
  }

  #rolesNamed(names: readonly string[]): readonly FileRoleModel[] {
    return [...new Set(names)].flatMap(name => this.#roles.get(name) ?? [])
  }
}

function permissionsOf(roles: readonly FileRoleModel[]): readonly Permission[] {
  return roles.flatMap(role => role.permissions)
}
