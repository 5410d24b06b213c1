import { durationWords } from '../../auth/explain/plain-words.ts'
import type { makeStoreConnection } from '../../cluster/redis-connection.ts'
import type { Settings } from '../../config/settings-type.ts'
import type { Clock } from '../../ports/clock.ts'
import { fail, type Finding, ok, warn } from './finding.ts'

/** What a server of Redis says of itself; undefined: it does not, as some that are run by others do not. */
export interface RedisServerFacts {
  readonly version: string | undefined
  readonly memoryPolicy: string | undefined
  /** 0: none but that of its host. */
  readonly memoryBytesMax: number | undefined
  readonly memoryBytesNow: number | undefined
  readonly appendOnly: boolean | undefined
  readonly appendFsync: string | undefined
  /** The last write of its log has failed. */
  readonly appendFailed: boolean
  readonly replicas: number | undefined
  /** How far its clock is ahead of ours. */
  readonly aheadMs: number
}

/** The commands that are asked. */
type AskedRedis = Pick<ReturnType<typeof makeStoreConnection>, 'info' | 'time' | 'config'>

const MAJOR_VERSION_MIN = 7
const MEMORY_SHARE_WARN = 0.8
const SKEW_WARN_MS = 5_000
const MIB = 1024 * 1024

/** Asks one server; rejects when it does not answer. */
export async function askRedisServer(redis: AskedRedis, clock: Clock): Promise<RedisServerFacts> {
  const info = await redis.info()
  const askedAtMs = clock.nowMs()
  const [seconds, microseconds] = await redis.time()
  const ourMs = (askedAtMs + clock.nowMs()) / 2
  const field = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
  const count = (name: string): number | undefined => {
    const text = field(name)
    return text === undefined ? undefined : Number(text)
  }
  const appendOnly = field('aof_enabled')
  return {
    version: field('redis_version'),
    memoryPolicy: field('maxmemory_policy'),
    memoryBytesMax: count('maxmemory'),
    memoryBytesNow: count('used_memory'),
    appendOnly: appendOnly === undefined ? undefined : appendOnly === '1',
    appendFsync: await appendFsync(redis),
    appendFailed: field('aof_last_write_status') === 'err',
    replicas: count('connected_slaves'),
    aheadMs: Number(seconds) * 1_000 + Number(microseconds) / 1_000 - ourMs,
  }
}

/** Not everybody may ask for the configuration of a server. */
async function appendFsync(redis: AskedRedis): Promise<string | undefined> {
  try {
    const answer: unknown = await redis.config('GET', 'appendfsync')
    return Array.isArray(answer) && answer.length === 2 ? String(answer[1]) : undefined
  } catch {
    return undefined
  }
}

/** What is to be said of a server at this place. */
export function redisServerFindings(
  place: string,
  facts: RedisServerFacts,
  { redisWait }: Pick<Settings, 'redisWait'>,
): readonly Finding[] {
  return [
    versionFinding(place, facts),
    memoryFinding(place, facts),
    persistenceFinding(place, facts),
    ...replicaFindings(place, facts, redisWait),
    clockFinding(place, facts),
  ]
}

function versionFinding(place: string, { version }: RedisServerFacts): Finding {
  const said = `${place} answers, version ${version ?? 'unknown'}`
  const old = version !== undefined && Number.parseInt(version, 10) < MAJOR_VERSION_MIN
  return old ? fail('redis', said, `use Redis ${MAJOR_VERSION_MIN}.0 or later, or Valkey`) : ok('redis', said)
}

function memoryFinding(place: string, { memoryPolicy, memoryBytesMax, memoryBytesNow }: RedisServerFacts): Finding {
  const name = 'redis memory'
  if (memoryPolicy === undefined) return warn(name, `${place} does not say its policy`, 'see that it is noeviction')
  const limit = memoryBytesMax === undefined || memoryBytesMax === 0 ? undefined : memoryBytesMax
  const now = Math.ceil((memoryBytesNow ?? 0) / MIB)
  const of = limit === undefined ? 'MiB, no maxmemory' : `of ${Math.floor(limit / MIB)} MiB`
  const said = `${place}: ${memoryPolicy}, ${now} ${of}`
  if (memoryPolicy !== 'noeviction') {
    return warn(
      name,
      said,
      'set maxmemory-policy to noeviction, else sessions and messages are thrown away when it is full',
    )
  }
  if (limit === undefined || (memoryBytesNow ?? 0) < limit * MEMORY_SHARE_WARN) return ok(name, said)
  return warn(name, said, 'raise maxmemory: when it is full, new messages and sessions are refused')
}

function persistenceFinding(place: string, facts: RedisServerFacts): Finding {
  const { appendOnly, appendFsync: fsync, appendFailed } = facts
  const name = 'redis log'
  if (appendFailed) return fail(name, `${place} could not write its log`, 'make room on its disk')
  if (appendOnly === undefined)
    return warn(name, `${place} does not say whether it keeps one`, 'see that appendonly is yes')
  if (!appendOnly) {
    return warn(
      name,
      `${place}: appendonly no, so a restart of Redis forgets what was acknowledged`,
      'set appendonly to yes',
    )
  }
  const said = `${place}: appendonly yes, appendfsync ${fsync ?? 'unknown'}`
  if (fsync === 'always') return ok(name, said)
  return warn(
    name,
    said,
    'with `appendfsync always` nothing acknowledged is lost in a power cut; otherwise up to a second is, or more',
  )
}

function replicaFindings(place: string, { replicas }: RedisServerFacts, wanted: number): readonly Finding[] {
  if (wanted === 0 || replicas === undefined) return []
  const said = `${place} has ${replicas} of the ${wanted} of GUARDBEE_REDIS_WAIT`
  if (replicas >= wanted) return [ok('redis replicas', said)]
  return [fail('redis replicas', said, 'nothing that is stored is acknowledged: add replicas, or ask for fewer')]
}

function clockFinding(place: string, { aheadMs }: RedisServerFacts): Finding {
  const apart = Math.abs(aheadMs)
  const said =
    apart < 1_000
      ? `${place}: as ours, within a second`
      : `${place} is ${durationWords(apart)} ${aheadMs > 0 ? 'ahead of' : 'behind'} this host`
  return apart < SKEW_WARN_MS ? ok('redis clock', said) : warn('redis clock', said, 'synchronize both by NTP')
}
