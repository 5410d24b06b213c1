import { script } from '../script.ts'

const KEYS = `
local values = prefix .. 'revocations'
local order = prefix .. 'revocations:order'
local ends = prefix .. 'revocations:ends'
local series = prefix .. 'revocations:series'
`

/**
 * Puts records, each behind all others. Arguments: time, a name for the series if there is none, how many records there
 * may be, then name, value and end of each. Answer: how many there was room for.
 */
export const putRecordsScript = script(
  'takes',
  KEYS,
  `
redis.call('SET', series, ARGV[2], 'NX')
local max = tonumber(ARGV[3])
local put = 0
for i = 4, #ARGV, 3 do
  local name = ARGV[i]
  if redis.call('HEXISTS', values, name) == 1 or redis.call('HLEN', values) < max then
    redis.call('HSET', values, name, ARGV[i + 1])
    redis.call('ZADD', order, redis.call('INCR', prefix .. 'revocations:last'), name)
    redis.call('ZADD', ends, ARGV[i + 2], name)
    put = put + 1
  end
end
return put
`,
)

/**
 * Reads records, and takes out some that have ended a minute ago: the clocks of the nodes may differ. Arguments: time,
 * position, how many. Answer: series, position, how many have not ended, then name and value of each.
 */
export const readRecordsScript = script(
  'makes',
  KEYS,
  `
local past = redis.call('ZRANGEBYSCORE', ends, '-inf', text(now - 60000), 'LIMIT', 0, 200)
for _, name in ipairs(past) do
  redis.call('HDEL', values, name)
  redis.call('ZREM', order, name)
  redis.call('ZREM', ends, name)
end
local found = redis.call('ZRANGEBYSCORE', order, '(' .. ARGV[2], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[3])
local page = { redis.call('GET', series) or '', ARGV[2], redis.call('ZCOUNT', ends, '(' .. text(now), '+inf') }
for i = 1, #found, 2 do
  page[2] = found[i + 1]
  page[#page + 1] = found[i]
  page[#page + 1] = redis.call('HGET', values, found[i]) or ''
end
return page
`,
)
