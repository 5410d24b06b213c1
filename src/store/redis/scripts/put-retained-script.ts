import { script } from '../script.ts'
import { EXPIRE_RETAINED } from './retained-pieces.ts'

/**
 * Puts a retained message in the place of any of its name. Some that have expired make room.
 *
 * Arguments: time, Topic Name, message, time of expiry or empty, limit of messages, limit of bytes.
 */
export const putRetainedScript = script(
  'takes',
  EXPIRE_RETAINED,
  `
local EXPIRED_AT_ONCE = 100
local name, body, expiresAt = ARGV[2], ARGV[3], ARGV[4]
expireRetained(EXPIRED_AT_ONCE)
local key = prefix .. 'retained'
local replaced = redis.call('HSTRLEN', key, name)
local bytes = tonumber(redis.call('GET', prefix .. 'retained:bytes') or '0') + #body - replaced
if (replaced == 0 and redis.call('HLEN', key) >= tonumber(ARGV[5])) or bytes > tonumber(ARGV[6]) then
  return { err = 'RETAINED_FULL' }
end
redis.call('HSET', key, name, body)
redis.call('INCRBY', prefix .. 'retained:bytes', #body - replaced)
if replaced == 0 then redis.call('ZADD', prefix .. 'retained:names', 0, name) end
if expiresAt == '' then redis.call('ZREM', prefix .. 'retained:expiring', name)
else redis.call('ZADD', prefix .. 'retained:expiring', expiresAt, name) end
return 0
`,
)
