/**
 * Retained messages: `retained` is a hash by Topic Name, `retained:names` the names in the order of their bytes,
 * `retained:expiring` those that expire by their time, `retained:bytes` what the messages count.
 */
export const EXPIRE_RETAINED = `
local function removeRetained(name)
  local size = redis.call('HSTRLEN', prefix .. 'retained', name)
  if size == 0 then return end
  redis.call('HDEL', prefix .. 'retained', name)
  redis.call('ZREM', prefix .. 'retained:names', name)
  redis.call('ZREM', prefix .. 'retained:expiring', name)
  redis.call('DECRBY', prefix .. 'retained:bytes', size)
end
local function expireRetained(most)
  local names = redis.call('ZRANGEBYSCORE', prefix .. 'retained:expiring', '-inf', text(now), 'LIMIT', 0, most)
  for _, name in ipairs(names) do removeRetained(name) end
  return #names
end
`
