import { script } from '../script.ts'
import { END_SESSION, LOAD_SESSION } from './session-pieces.ts'

/**
 * Takes sessions whose time or whose will has come out of `due`, so that one caller has each; those that are over end.
 * What was taken is kept in `taken:<call>` for a minute: a caller that did not hear of it asks again.
 *
 * Arguments: time, how many, name of the call. Answer: client, epoch, will or empty, and whether a persistent session is gone, of each.
 */
export const takeDueScript = script(
  'makes',
  LOAD_SESSION,
  END_SESSION,
  `
local KEPT_SECONDS = 60
local taken = {}
local keptKey = prefix .. 'taken:' .. ARGV[3]
local kept = redis.call('GET', keptKey)
if kept then
  -- A write, so that a WAIT behind it waits for what the first attempt wrote.
  redis.call('EXPIRE', keptKey, KEPT_SECONDS)
  return cmsgpack.unpack(kept)
end
local ids = redis.call('ZRANGEBYSCORE', prefix .. 'due', '-inf', text(now), 'LIMIT', 0, ARGV[2])
for _, id in ipairs(ids) do
  local s = load(id)
  local will = false
  if s.willDueAt and s.willDueAt <= now then
    will = redis.call('GET', prefix .. 'will:' .. id)
    forgetWill(s)
  end
  local over = isOver(s)
  if over then endSession(s) else schedule(s) end
  taken[#taken + 1] = id
  taken[#taken + 1] = s.epoch
  taken[#taken + 1] = will or ''
  taken[#taken + 1] = over and s.persistent and 1 or 0
end
if #taken > 0 then redis.call('SET', keptKey, cmsgpack.pack(taken), 'EX', KEPT_SECONDS) end
return taken
`,
)
