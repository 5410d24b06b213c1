/**
 * Permissions that stand in the token itself. `emqx`: the `acl` claim of EMQX, both versions. `rabbitmq`: scopes of
 * RabbitMQ, and its rich authorization requests. `aif`: AIF-MQTT (RFC 9431). `lists`: Topic Filters in `publ` and
 * `subl`. `roles`: names of roles of a realm file.
 */
export type TokenPermissionFormat = 'emqx' | 'rabbitmq' | 'aif' | 'lists' | 'roles'

/** Our own authorization manager: it takes permissions from the token that has let the client in. */
export interface TokenPermissionsModel {
  readonly kind: 'token'
  readonly format: TokenPermissionFormat
  /** Where the permissions are: the name of a claim, or the names on the way to it with dots between. */
  readonly claim: string
  /** Of `roles`: the file realm that has them. */
  readonly realm?: string
  /** Of `rabbitmq`. */
  readonly scopes?: RabbitmqScopesModel
}

/** How RabbitMQ's scopes are read. */
export interface RabbitmqScopesModel {
  /** What a scope begins with to be one for us: `<resource_server_id>.`, or nothing. */
  readonly prefix: string
  /** The virtual host whose permissions count. */
  readonly vhost: string
  /** The `type` of rich authorization requests that are for us; undefined: none is. */
  readonly resourceType: string | undefined
  /** Scopes that stand for others. */
  readonly aliases: Readonly<Record<string, readonly string[]>>
}

/** The claim of each format when none is named. */
export const DEFAULT_PERMISSION_CLAIMS: Readonly<Record<TokenPermissionFormat, string>> = {
  emqx: 'acl',
  rabbitmq: 'scope',
  aif: 'scope',
  lists: '',
  roles: 'roles',
}
