import { script } from '../script.ts'
import { END_SESSION, LET_GO, LOAD_SESSION } from './session-pieces.ts'

/**
 * Buries a worker and lets go of some of its sessions. The worker is in `dead` before the first of them, so that no
 * claim of its own comes between two steps; the oldest of the dead are forgotten, for addresses do not come back.
 *
 * Arguments: time, home, sessions of this step, dead that are remembered. Answer: whether there are more.
 */
export const abandonScript = script(
  'makes',
  LOAD_SESSION,
  END_SESSION,
  LET_GO,
  `
local NEVER_SECONDS = 4294967295
local home = ARGV[2]
redis.call('ZADD', prefix .. 'dead', 'NX', text(now), home)
redis.call('ZREMRANGEBYRANK', prefix .. 'dead', 0, -1 - tonumber(ARGV[4]))
for _, id in ipairs(redis.call('SPOP', prefix .. 'home:' .. home, ARGV[3])) do
  local s = load(id)
  if s and s.home == home then
    local expiresAt = nil
    if s.expirySeconds ~= NEVER_SECONDS then expiresAt = now + s.expirySeconds * 1000 end
    letGo(s, expiresAt, s.delay and now + s.delay * 1000, s.last)
  end
end
return redis.call('EXISTS', prefix .. 'home:' .. home)
`,
)
