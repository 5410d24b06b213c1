import type { JwtSettings } from '../auth/environment-security-model.ts'
import { readRolesFile } from '../auth/ese-file-realm.ts'
import { DEFAULT_PERMISSION_CLAIMS } from '../auth/token-permissions-model.ts'
import type { Environment } from '../config/setting.ts'
import type { Settings } from '../config/settings-type.ts'

/** What the variables say of permissions in the token; throws `SECURITY_FILE` when the file of roles is faulty. */
export function tokenPermissions(settings: Settings, environment: Environment): Pick<JwtSettings, 'permissions'> {
  const { jwtPermissions: format, jwtPermissionsClaim, jwtRolesFile, jwtScopePrefix, jwtVhost } = settings
  if (format === 'off') return {}
  const claim = jwtPermissionsClaim ?? DEFAULT_PERMISSION_CLAIMS[format]
  if (format === 'roles') {
    const realm = readRolesFile(jwtRolesFile ?? '', environment)
    return { permissions: { model: { kind: 'token', format, claim, realm: realm.name }, realm } }
  }
  if (format !== 'rabbitmq') return { permissions: { model: { kind: 'token', format, claim } } }
  const scopes = { prefix: jwtScopePrefix ?? '', vhost: jwtVhost ?? '/', resourceType: undefined, aliases: {} }
  return { permissions: { model: { kind: 'token', format, claim, scopes } } }
}
