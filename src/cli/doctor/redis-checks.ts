import { makeStoreConnection, redisAddress } from '../../cluster/redis-connection.ts'
import type { Settings } from '../../config/settings-type.ts'
import type { Clock, Random } from '../../ports/clock.ts'
import { fail, type Finding } from './finding.ts'
import { askRedisServer, redisServerFindings } from './redis-server-checks.ts'

const CONNECT_MS = 6_000
/** Of a Redis Cluster; those that are left out are like the others. */
const SERVERS_MAX = 100

type Connection = ReturnType<typeof makeStoreConnection>

/** Whether Redis can be reached and keeps what a cluster promises; of a Redis Cluster, each of its masters. */
export async function redisFindings(settings: Settings, clock: Clock, random: Random): Promise<readonly Finding[]> {
  const { redisUrl } = settings
  if (redisUrl === undefined) return []
  const connection = makeStoreConnection({ ...settings, redisUrl }, random)
  try {
    const place = redisAddress(settings) ?? ''
    const why = await notReady(connection, clock)
    if (why !== undefined) return [fail('redis', `${place}: ${why}`, 'see that it runs and takes these credentials')]
    const servers = 'nodes' in connection ? connection.nodes('master').slice(0, SERVERS_MAX) : [connection]
    const found = await Promise.all(
      servers.map(async server => {
        const where = servers.length > 1 ? `${server.options.host}:${server.options.port}` : place
        return redisServerFindings(where, await askRedisServer(server, clock), settings)
      }),
    )
    return found.flat()
  } finally {
    connection.disconnect()
  }
}

/** Why the connection is not there, as the server or the system says it; undefined: it is there. */
async function notReady(connection: Connection, clock: Clock): Promise<string | undefined> {
  const outcome = Promise.withResolvers<string | undefined>()
  const timer = clock.after(CONNECT_MS, () => outcome.resolve(`no answer within ${CONNECT_MS / 1_000} s`))
  connection.once('ready', () => outcome.resolve(undefined))
  connection.once('error', (error: Error) => outcome.resolve(connectErrorText(error)))
  try {
    return await outcome.promise
  } finally {
    timer.cancel()
  }
}

/** The error of a Redis Cluster says that all has failed, and has in it what; one of several addresses is without words. */
function connectErrorText(error: Error): string {
  if ('lastNodeError' in error && error.lastNodeError instanceof Error) return connectErrorText(error.lastNodeError)
  if (error.message !== '') return error.message
  return 'code' in error ? String(error.code) : error.name
}
