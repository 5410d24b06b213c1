import { script } from '../script.ts'
import { END_SESSION, LET_GO, LOAD_SESSION, TAKEN } from './session-pieces.ts'

/**
 * Buries a worker, lets go of some of its sessions and gives back some of what it has taken. The worker is in `dead` before the first of them, so that no
 * claim of its own comes between two steps; the oldest of the dead are forgotten, for addresses do not come back.
 *
 * Arguments: time, home, how many of this step, dead that are remembered. Answer: whether there are more.
 */
export const abandonScript = script(
  'makes',
  LOAD_SESSION,
  END_SESSION,
  LET_GO,
  TAKEN,
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
local taken = redis.call('ZRANGE', takenKey(home), 0, tonumber(ARGV[3]) - 1, 'WITHSCORES')
for i = 1, #taken, 2 do redis.call('ZADD', prefix .. 'taken', taken[i + 1], taken[i]) end
redis.call('ZREMRANGEBYRANK', takenKey(home), 0, tonumber(ARGV[3]) - 1)
return redis.call('EXISTS', prefix .. 'home:' .. home, takenKey(home)) > 0 and 1 or 0
`,
)
