import { script } from '../script.ts'
import { LOAD_SESSION } from './session-pieces.ts'

/**
 * Stores the subscriptions of one SUBSCRIBE in `subscriptions:<instance>`, a hash by Topic Filter, or none of them.
 *
 * Arguments: time, client, epoch, limit, then Topic Filter and subscription of each.
 */
export const putSubscriptionsScript = script(
  'takes',
  LOAD_SESSION,
  `
local s = claimed(ARGV[2], ARGV[3])
if not s then return STALE end
local key = prefix .. 'subscriptions:' .. s.instance
local count = redis.call('HLEN', key)
local most = tonumber(ARGV[4])
if count + (#ARGV - 4) / 2 > most then
  local seen = {}
  for i = 5, #ARGV, 2 do
    local filter = ARGV[i]
    if not seen[filter] and redis.call('HEXISTS', key, filter) == 0 then count = count + 1 end
    seen[filter] = true
  end
  if count > most then return { err = 'SUBSCRIPTIONS_FULL' } end
end
for i = 5, #ARGV, 2 do redis.call('HSET', key, ARGV[i], ARGV[i + 1]) end
return 0
`,
)
