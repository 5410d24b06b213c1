import { setting } from './setting.ts'
import { oneOf, optional, path, text } from './setting-types.ts'

/** Settings that say what the token of a client allows it to do. */
export const permissionSettings = {
  jwtPermissions: setting({
    name: 'GUARDBEE_JWT_PERMISSIONS',
    type: oneOf(['off', 'emqx', 'rabbitmq', 'aif', 'lists', 'roles']),
    default: { value: 'off' },
    sentence:
      'Permissions in the token: `acl` of EMQX, scopes of RabbitMQ, AIF-MQTT (RFC 9431), Topic Filters in `publ` and `subl`, or names of roles; `off` lets a client with a good token do everything.',
  }),
  jwtPermissionsClaim: setting({
    name: 'GUARDBEE_JWT_PERMISSIONS_CLAIM',
    type: optional(text),
    default: { value: undefined },
    sentence:
      'Claim that holds them, or the names on the way to it with dots between (`realm_access.roles`); without it `acl`, `scope` or `roles`, as the format has it.',
  }),
  jwtRolesFile: setting({
    name: 'GUARDBEE_JWT_ROLES_FILE',
    type: optional(path),
    default: { value: undefined },
    sentence: "The roles of `roles`: a realm file of HiveMQ's Enterprise Security Extension.",
  }),
  jwtScopePrefix: setting({
    name: 'GUARDBEE_JWT_SCOPE_PREFIX',
    type: optional(text),
    default: { value: undefined },
    sentence: 'What a scope of `rabbitmq` begins with to count: the resource server and a dot.',
  }),
  jwtVhost: setting({
    name: 'GUARDBEE_JWT_VHOST',
    type: optional(text),
    default: { value: undefined },
    sentence: 'The virtual host whose scopes of `rabbitmq` count; without it `/`.',
  }),
}
