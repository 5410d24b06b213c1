/** Who is alive: address, and when it was heard of last, in milliseconds of Redis. */
export const WORKERS_KEY = 'workers'
/** Who is dead or has left: address, and since when. */
export const BURIED_KEY = 'buried'
/** The dead whose sessions nobody has taken care of yet: address, and when the next one may try. */
export const ESTATES_KEY = 'estates'

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

/**
 * Keys: workers, buried, estates. Arguments: own address, how long a dead one is remembered, how long the care for an
 * estate may take. Answers with 0 when the caller is buried, else with the time, all workers with the time of their last
 * heartbeat, the dead, and one estate that the caller must take care of, or an empty string.
 */
export const BEAT = `${NOW}
if redis.call('ZSCORE', KEYS[2], ARGV[1]) then return {0} end
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[2])
local estate = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, 1)[1] or ''
if estate ~= '' then redis.call('ZADD', KEYS[3], now + ARGV[3], estate) end
return {now, redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES'), redis.call('ZRANGE', KEYS[2], 0, -1), estate}
`

/**
 * Keys: workers, buried, estates. Arguments: an address, the time of the heartbeat after which it counts as alive. Answers
 * with 1 when it is buried now, with 0 when it has been heard of meanwhile.
 */
export const BURY = `${NOW}
local heard = redis.call('ZSCORE', KEYS[1], ARGV[1])
if heard and tonumber(heard) > tonumber(ARGV[2]) then return 0 end
redis.call('ZREM', KEYS[1], ARGV[1])
if redis.call('ZADD', KEYS[2], 'NX', now, ARGV[1]) == 1 then redis.call('ZADD', KEYS[3], now, ARGV[1]) end
return 1
`

/** Keys: workers, buried. Argument: own address, which takes itself off. */
export const LEAVE = `${NOW}
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[2], now, ARGV[1])
return 1
`

/** Key: estates. Argument: an address whose sessions have been taken care of. */
export const SETTLE = `return redis.call('ZREM', KEYS[1], ARGV[1])`
