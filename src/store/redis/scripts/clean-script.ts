import { script } from '../script.ts'
import { QUEUE_ENTRIES } from './queue-pieces.ts'
import { EXPIRE_RETAINED } from './retained-pieces.ts'

/**
 * A bounded step of what nobody waits for: the queues of ended sessions in `trash`, and retained messages that have
 * expired.
 *
 * Arguments: time, how many of each. Answer: whether there is more.
 */
export const cleanScript = script(
  'makes',
  QUEUE_ENTRIES,
  EXPIRE_RETAINED,
  `
local most = tonumber(ARGV[2])
local instance = redis.call('LINDEX', prefix .. 'trash', 0)
if instance then
  local key = prefix .. 'queue:' .. instance
  letEntriesGo({ messages = 0, bytes = 0 }, redis.call('ZRANGE', key, 0, most - 1))
  redis.call('ZREMRANGEBYRANK', key, 0, most - 1)
  if redis.call('EXISTS', key) == 0 then redis.call('LPOP', prefix .. 'trash') end
end
local expired = expireRetained(most)
return (expired == most or redis.call('EXISTS', prefix .. 'trash') == 1) and 1 or 0
`,
)
