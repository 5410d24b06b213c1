import type { SettingProblem } from './read-table.ts'
import type { Settings } from './settings-type.ts'

const PERMISSIONS = 'GUARDBEE_JWT_PERMISSIONS'
const ROLES_FILE = 'GUARDBEE_JWT_ROLES_FILE'

/** The settings that only some formats of permissions have a use for. */
const USES: readonly (readonly [name: string, formats: readonly Settings['jwtPermissions'][]])[] = [
  ['GUARDBEE_JWT_PERMISSIONS_CLAIM', ['emqx', 'rabbitmq', 'aif', 'roles']],
  [ROLES_FILE, ['roles']],
  ['GUARDBEE_JWT_SCOPE_PREFIX', ['rabbitmq']],
  ['GUARDBEE_JWT_VHOST', ['rabbitmq']],
]

/** Each format of permissions has what it needs, and nothing is given that another one would need. */
export function permissionsFit(settings: Settings, given: ReadonlySet<string>): readonly SettingProblem[] {
  const format = settings.jwtPermissions
  if (format === 'roles' && !given.has(ROLES_FILE)) {
    return [{ names: [ROLES_FILE], text: `is missing, expected because ${PERMISSIONS} is roles` }]
  }
  return USES.filter(([name, formats]) => given.has(name) && !formats.includes(format)).map(([name, formats]) => ({
    names: [name],
    text: `has no effect, expected ${PERMISSIONS} to be ${formats.join(' or ')}`,
  }))
}
