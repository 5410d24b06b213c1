import { script } from '../script.ts'
import { LINEAGE } from './lineage-piece.ts'
import { END_SESSION, LOAD_SESSION, TAKEN } from './session-pieces.ts'

/**
 * Takes what was given back, then sessions whose time or whose will has come out of `due`, so that one caller has each;
 * those that are over end. The answer is kept in `call:<name>` for a minute: a caller that did not hear it asks again.
 *
 * Arguments: time, how many, name of the call, taker. Answer: by which replication id Redis goes, then ticket, client, epoch,
 * will or empty, and whether a persistent session is gone, of each.
 */
export const takeDueScript = script(
  'makes',
  LOAD_SESSION,
  END_SESSION,
  TAKEN,
  LINEAGE,
  `
local KEPT_SECONDS = 60
local taken, most, taker = {}, tonumber(ARGV[2]), ARGV[4]
if isDead(taker) then return STALE end
local id = lineage()
local function answerWith(due)
  for i = 1, 5 do taken[#taken + 1] = due[i] end
end
local keptKey = prefix .. 'call:' .. ARGV[3]
local kept = redis.call('GET', keptKey)
if kept then
  -- A write, so that a WAIT behind it waits for what the first attempt wrote.
  redis.call('EXPIRE', keptKey, KEPT_SECONDS)
  return { id, cmsgpack.unpack(kept) }
end
local again = redis.call('ZPOPMIN', prefix .. 'taken', most)
for i = 1, #again, 2 do
  redis.call('ZADD', takenKey(taker), again[i + 1], again[i])
  answerWith(cmsgpack.unpack(again[i]))
end
local ids = redis.call('ZRANGEBYSCORE', prefix .. 'due', '-inf', text(now), 'LIMIT', 0, most - #again / 2)
for _, id in ipairs(ids) do
  local s = load(id)
  local will = false
  if s.willDueAt and s.willDueAt <= now then
    will = redis.call('GET', prefix .. 'will:' .. id)
    forgetWill(s)
  end
  local over = isOver(s)
  if over then endSession(s) else schedule(s) end
  answerWith(give(taker, id, s.epoch, will or '', over and s.persistent and 1 or 0))
end
if #taken > 0 then redis.call('SET', keptKey, cmsgpack.pack(taken), 'EX', KEPT_SECONDS) end
return { id, taken }
`,
)
