import type { SettingType } from './setting.ts'

const REDIS_PORT = 6379
const SENTINEL_PORT = 26_379
const ADDRESS =
  /^(?<scheme>rediss?)(?:\+(?<kind>cluster|sentinel))?:\/\/(?:(?<user>[^:@/\s]*)(?::(?<password>[^@/\s]*))?@)?(?<hosts>[^@/\s]+)(?<path>\/[^\s]*)?$/
const HOST = /^(?<host>\[[\da-f:.]+\]|[^\s:,[\]]+)(?::(?<port>\d{1,5}))?$/i

/** One server to ask. */
export interface RedisHost {
  readonly host: string
  readonly port: number
}

/** Where Redis is, and who we are to it. */
export interface RedisAddress {
  readonly kind: 'server' | 'cluster' | 'sentinel'
  readonly encrypted: boolean
  readonly user: string | undefined
  readonly password: string | undefined
  /** The server; servers of the Redis Cluster to begin with; or the Sentinels. */
  readonly hosts: readonly [RedisHost, ...RedisHost[]]
  readonly database: number
  /** The name that the Sentinels know the master by; empty without them. */
  readonly masterName: string
}

/**
 * Reads `redis://[user[:password]@]host[:port][/database]`: `rediss` for TLS, several hosts or `redis+cluster` for a Redis
 * Cluster, `redis+sentinel://…/master[/database]` for Sentinels. Undefined: it is none of these.
 */
export function parseRedisAddress(text: string): RedisAddress | undefined {
  const groups = ADDRESS.exec(text)?.groups
  if (groups === undefined) return undefined
  const { scheme, user = '', password, path = '', hosts: hostList = '' } = groups
  const hostTexts = hostList.split(',')
  const kind = kindOf(groups['kind'], hostTexts.length)
  const hosts = hostTexts.map(host => parseHost(host, kind === 'sentinel' ? SENTINEL_PORT : REDIS_PORT))
  const [first, ...others] = hosts.filter(host => host !== undefined)
  const place = parsePath(path, kind)
  const [userName, secret] = [decoded(user), decoded(password ?? '')]
  if (first === undefined || others.length + 1 !== hosts.length || place === undefined) return undefined
  if (userName === undefined || secret === undefined) return undefined
  return {
    kind,
    encrypted: scheme === 'rediss',
    user: userName === '' ? undefined : userName,
    password: secret === '' ? undefined : secret,
    hosts: [first, ...others],
    ...place,
  }
}

/** The address as a log may show it: without user and password. */
export function shownRedisAddress({ kind, encrypted, hosts, database, masterName }: RedisAddress): string {
  const scheme = `${encrypted ? 'rediss' : 'redis'}${kind === 'server' ? '' : `+${kind}`}`
  const master = kind === 'sentinel' ? `/${masterName}` : ''
  const places = hosts.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`)
  return `${scheme}://${places.join(',')}${master}${database === 0 ? '' : `/${database}`}`
}

/** The type of the setting; its text is kept as it is. */
export const redisUrl: SettingType<string> = {
  expected:
    'redis://[user[:password]@]host[:port][/database] (rediss:// for TLS), host,host,… for a Redis Cluster, or redis+sentinel://host,host/master, with user and password percent-encoded',
  absent: 'none',
  emptyIsValue: false,
  parse: text => (parseRedisAddress(text) === undefined ? undefined : { value: text }),
}

function kindOf(named: string | undefined, hosts: number): RedisAddress['kind'] {
  if (named === 'cluster' || named === 'sentinel') return named
  return hosts > 1 ? 'cluster' : 'server'
}

function parseHost(text: string, defaultPort: number): RedisHost | undefined {
  const groups = HOST.exec(text)?.groups
  const host = groups?.['host']?.replace(/^\[|\]$/g, '')
  const port = Number(groups?.['port'] ?? defaultPort)
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port }
}

/** What stands behind the hosts; a Redis Cluster has one database only. */
function parsePath(
  path: string,
  kind: RedisAddress['kind'],
): { readonly database: number; readonly masterName: string } | undefined {
  const parts = path.split('/').slice(1)
  const masterName = kind === 'sentinel' ? parts.shift() : ''
  const [digits = '', ...rest] = parts
  const database = /^\d{0,5}$/.test(digits) ? Number(digits) : undefined
  if (masterName === undefined || database === undefined || rest.length > 0) return undefined
  if ((kind === 'sentinel' && masterName === '') || (kind === 'cluster' && database !== 0)) return undefined
  return { database, masterName }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
