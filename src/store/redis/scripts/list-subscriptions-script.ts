import { script } from '../script.ts'
import { LOAD_SESSION } from './session-pieces.ts'

/**
 * Some sessions of `sessions` with the first of their subscriptions; what a session has beyond is asked for with
 * HSCAN on its own key.
 *
 * Arguments: time, cursor, sessions, subscriptions of one session. Answer: the next cursor, then client, epoch,
 * instance, cursor within the session and `filter, subscription` pairs of each session that has any.
 */
export const listSubscriptionsScript = script(
  'makes',
  LOAD_SESSION,
  `
local found = redis.call('SSCAN', prefix .. 'sessions', ARGV[2], 'COUNT', ARGV[3])
local page = { found[1] }
for _, id in ipairs(found[2]) do
  local s = load(id)
  if s and s.persistent and not isOver(s) then
    local some = redis.call('HSCAN', prefix .. 'subscriptions:' .. s.instance, 0, 'COUNT', ARGV[4])
    if #some[2] > 0 or some[1] ~= '0' then page[#page + 1] = { id, s.epoch, s.instance, some[1], some[2] } end
  end
end
return page
`,
)
