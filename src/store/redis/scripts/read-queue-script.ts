import { script } from '../script.ts'
import { QUEUE_ENTRIES } from './queue-pieces.ts'
import { LOAD_SESSION } from './session-pieces.ts'

/**
 * Reads on in a queue, and notes how far: what was read may have been sent, and makes room for nothing.
 *
 * Arguments: time, client, after, how many, how many bytes (one message may be larger). Answer: the entries, the bodies
 * of those that do not carry theirs (empty: gone), for each whether it was released, and whether there may be more.
 */
export const readQueueScript = script(
  'makes',
  LOAD_SESSION,
  QUEUE_ENTRIES,
  `
local s = load(ARGV[2])
if not s or isOver(s) then return { {}, {}, {}, 0 } end
local limit, left = tonumber(ARGV[4]), tonumber(ARGV[5])
local found = redis.call('ZRANGE', prefix .. 'queue:' .. s.instance, '(' .. ARGV[3], '+inf', 'BYSCORE', 'LIMIT', 0, limit)
local releasedKey = prefix .. 'released:' .. s.instance
local anyReleased = #found > 0 and redis.call('EXISTS', releasedKey) == 1
local entries, bodies, released, more = {}, {}, {}, 0
local readUpTo = s.readUpTo
for _, entry in ipairs(found) do
  local kind, bytes = kindAndBytes(entry)
  left = left - bytes
  if left < 0 and #entries > 0 then
    more = 1
    break
  end
  local position = struct.unpack('>d', entry)
  entries[#entries + 1] = entry
  if kind == 1 then bodies[#bodies + 1] = redis.call('GET', bodyKey(struct.unpack('>d', entry, 22))) or '' end
  released[#released + 1] = anyReleased and redis.call('SISMEMBER', releasedKey, text(position)) or 0
  if position > readUpTo then readUpTo = position end
end
if readUpTo > s.readUpTo then
  s.readUpTo = readUpTo
  saveQueue(s)
end
return { entries, bodies, released, more }
`,
)
