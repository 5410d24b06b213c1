import type { Cluster, Redis } from 'ioredis'
import type { Log } from '../../ports/telemetry.ts'

/** Warns where Redis throws keys away when its memory is full: sessions and messages would be among them. */
export async function warnOfEviction(redis: Pick<Redis | Cluster, 'info'>, log: Log): Promise<void> {
  const policy = await memoryPolicy(redis, log)
  if (policy === undefined || policy === 'noeviction') return
  log.warn('Redis throws sessions and messages away when its memory is full: set maxmemory-policy to noeviction', {
    policy,
  })
}

/** Undefined: Redis does not say, as some that are run by others do not. */
async function memoryPolicy(redis: Pick<Redis | Cluster, 'info'>, log: Log): Promise<string | undefined> {
  try {
    return /^maxmemory_policy:([\w-]+)/m.exec(await redis.info('memory'))?.[1]
  } catch (error) {
    log.debug('the memory policy of Redis is not known', { why: String(error) })
    return undefined
  }
}
