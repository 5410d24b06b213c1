import type { SettingProblem } from './read-table.ts'
import { parseRedisAddress } from './redis-address.ts'
import type { Settings } from './settings-type.ts'

const REDIS_URL = 'GUARDBEE_REDIS_URL'
const REDIS_CA_FILE = 'GUARDBEE_REDIS_CA_FILE'
const CLUSTER_SECRET = 'GUARDBEE_CLUSTER_SECRET'
const CLUSTER_SECRET_ACCEPTED = 'GUARDBEE_CLUSTER_SECRET_ACCEPTED'
const HEARTBEAT_MS = 'GUARDBEE_HEARTBEAT_MS'
const DEAD_AFTER_MS = 'GUARDBEE_DEAD_AFTER_MS'
/** One heartbeat may be late and one be lost before a worker is taken for dead. */
const HEARTBEATS_MIN = 3

/** What several nodes share cannot be in the folder of one of them. */
export function oneStore(settings: Settings, given: ReadonlySet<string>): readonly SettingProblem[] {
  const local = ['GUARDBEE_DATA_DIR', 'GUARDBEE_DURABILITY'].filter(name => given.has(name))
  if (settings.redisUrl === undefined || local.length === 0) return []
  const text =
    'given together, expected either Redis, which every node can read, or a data folder, which only this node can'
  return [{ names: [REDIS_URL, ...local], text }]
}

/** A secret that is taken beside none would look like a seal and be none. */
export function secretIsRolled({ clusterSecret, clusterSecretAccepted }: Settings): readonly SettingProblem[] {
  if (clusterSecretAccepted === undefined || clusterSecret !== undefined) return []
  return [{ names: [CLUSTER_SECRET_ACCEPTED], text: `has no effect, expected ${CLUSTER_SECRET} beside it` }]
}

/** A certificate authority for a connection that is not encrypted would look like encryption and be none. */
export function redisIsEncrypted(settings: Settings): readonly SettingProblem[] {
  if (settings.redisCaFile === undefined || isEncrypted(settings.redisUrl)) return []
  return [{ names: [REDIS_CA_FILE], text: `has no effect, expected ${REDIS_URL} to start with rediss beside it` }]
}

/** A worker that is alive must be able to say so in time. */
export function heartbeatsFit({ heartbeatMs, deadAfterMs }: Settings): readonly SettingProblem[] {
  if (deadAfterMs >= HEARTBEATS_MIN * heartbeatMs) return []
  const text = `are ${heartbeatMs} and ${deadAfterMs}, expected the second to be at least ${HEARTBEATS_MIN} times the first`
  return [{ names: [HEARTBEAT_MS, DEAD_AFTER_MS], text }]
}

/** Development mode has an issuer of its own, whose tokens other nodes would refuse. */
export function isOneNode({ redisUrl }: Settings): readonly SettingProblem[] {
  if (redisUrl === undefined) return []
  return [{ names: [REDIS_URL], text: 'is given, expected `guardbee start`: development mode is one node' }]
}

function isEncrypted(redisUrl: string | undefined): boolean {
  return redisUrl !== undefined && parseRedisAddress(redisUrl)?.encrypted === true
}
