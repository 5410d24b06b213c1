import { readFileSync } from 'node:fs'
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis'
import { parseRedisAddress, shownRedisAddress } from '../config/redis-address.ts'
import type { RedisAddress } from '../config/redis-address.ts'
import { BrokerError } from '../core/errors.ts'
import type { Random } from '../ports/clock.ts'
import { redisStoreConnection } from '../store/redis/redis-store.ts'

const RETRY_FIRST_MS = 50
const RETRY_LONGEST_MS = 500
const CONNECT_MS = 5_000

/** Replies keep their ordinary shape, by which ioredis types its clients. */
type ClientOptions = Omit<RedisOptions, 'replyMapping'>

/** What the connections are made of. */
export interface RedisConnectionSettings {
  readonly redisUrl: string
  readonly redisCaFile: string | undefined
  readonly deadAfterMs: number
}

/** The connections of one worker; they connect, and connect again, by themselves once `connect` was called. */
export interface RedisConnections {
  /** For commands and scripts. A command while Redis is away, or whose answer does not come, is rejected. */
  readonly commands: Redis | Cluster
  /** For what others publish. Channels must be subscribed to again whenever it is ready again. */
  readonly subscriber: Redis | Cluster
}

/**
 * Makes the connections of a worker to Redis. A command that was on its way when a connection broke is rejected and never
 * sent again: nobody but its sender knows whether it may run twice. Throws `CONFIGURATION` where the certificates
 * cannot be read.
 */
export function makeRedisConnections(settings: RedisConnectionSettings, random: Random): RedisConnections {
  const address = addressIn(settings)
  const make = (options: ClientOptions): Redis | Cluster => makeClient(address, options, random)
  const shared: ClientOptions = { ...optionsFor(address, settings, random), lazyConnect: true }
  return {
    // Heartbeats ask something every second: a connection that does not answer is as good as broken.
    commands: make({ ...shared, socketTimeout: settings.deadAfterMs }),
    subscriber: make({ ...shared, autoResubscribe: false }),
  }
}

/**
 * Makes the connection of the store of a worker, which begins to connect. It is not one of the others: what waits for
 * replicas would hold up heartbeats and messages. Throws as {@link makeRedisConnections} does.
 */
export function makeStoreConnection(
  settings: Omit<RedisConnectionSettings, 'deadAfterMs'>,
  random: Random,
): Redis | Cluster {
  const address = addressIn(settings)
  const options = { ...optionsFor(address, settings, random), ...redisStoreConnection }
  // A call that failed is the store's to repeat.
  return makeClient(address, options, random, {
    lazyConnect: false,
    shardedSubscribers: false,
    retryDelayOnFailover: 0,
  })
}

/** Where Redis is, fit for the log; undefined: there is none. */
export function redisAddress({ redisUrl }: { readonly redisUrl: string | undefined }): string | undefined {
  const address = redisUrl === undefined ? undefined : parseRedisAddress(redisUrl)
  return address && shownRedisAddress(address)
}

function addressIn({ redisUrl }: { readonly redisUrl: string }): RedisAddress {
  const address = parseRedisAddress(redisUrl)
  if (address === undefined) throw new BrokerError('CONFIGURATION', 'GUARDBEE_REDIS_URL is not an address of Redis')
  return address
}

function makeClient(
  address: RedisAddress,
  options: ClientOptions,
  random: Random,
  clusterOptions: Omit<ClusterOptions, 'redisOptions' | 'replyMapping'> = {},
): Redis | Cluster {
  const client =
    address.kind === 'cluster'
      ? new Cluster([...address.hosts], {
          redisOptions: options,
          lazyConnect: true,
          enableOfflineQueue: false,
          shardedSubscribers: true,
          ...clusterOptions,
          clusterRetryStrategy: retryDelay(random),
        })
      : new Redis(options)
  // Without a listener an error would end the process; the owner of the connection sees its state.
  client.on('error', () => {})
  return client
}

function optionsFor(
  address: RedisAddress,
  settings: Pick<RedisConnectionSettings, 'redisCaFile'>,
  random: Random,
): ClientOptions {
  const { kind, hosts, user, password, database, masterName, encrypted } = address
  const tls = encrypted ? { ca: certificates(settings.redisCaFile) } : undefined
  return {
    ...(kind === 'server' ? { host: hosts[0].host, port: hosts[0].port } : {}),
    ...(kind === 'sentinel' ? { sentinels: [...hosts], name: masterName } : {}),
    ...(kind === 'sentinel' && tls !== undefined ? { sentinelTLS: tls, enableTLSForSentinelMode: true } : {}),
    ...(tls === undefined ? {} : { tls }),
    username: user,
    password,
    db: database,
    connectTimeout: CONNECT_MS,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    // With 0 what waits for an answer is rejected as soon as the connection breaks.
    maxRetriesPerRequest: 0,
    retryStrategy: retryDelay(random),
    sentinelRetryStrategy: retryDelay(random),
    // After a fail-over the old master may be reached once more, as a replica.
    reconnectOnError: error => error.message.startsWith('READONLY'),
  }
}

function retryDelay(random: Random): (times: number) => number {
  return times => {
    const delayMs = Math.min(RETRY_FIRST_MS * 2 ** Math.min(times, 10), RETRY_LONGEST_MS)
    // Spread, so that the workers of a cluster do not all come back in one moment.
    return Math.round(delayMs * (0.5 + random.fraction() / 2))
  }
}

function certificates(file: string | undefined): Buffer | undefined {
  if (file === undefined) return undefined
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new BrokerError('CONFIGURATION', `GUARDBEE_REDIS_CA_FILE cannot be read: ${file}`, { cause })
  }
}
