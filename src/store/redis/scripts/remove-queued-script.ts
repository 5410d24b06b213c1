import { script } from '../script.ts'
import { QUEUE_ENTRIES } from './queue-pieces.ts'
import { LOAD_SESSION } from './session-pieces.ts'

/**
 * Removes runs of positions from a queue, with what is kept of them, and the bodies whose last reference goes.
 *
 * Arguments: time, client, epoch, then the first and the last position of each run.
 */
export const removeQueuedScript = script(
  'makes',
  LOAD_SESSION,
  QUEUE_ENTRIES,
  `
local s = claimed(ARGV[2], ARGV[3])
if not s then return STALE end
local key, releasedKey = prefix .. 'queue:' .. s.instance, prefix .. 'released:' .. s.instance
local anyReleased = redis.call('EXISTS', releasedKey) == 1
for i = 4, #ARGV, 2 do
  local entries = redis.call('ZRANGE', key, ARGV[i], ARGV[i + 1], 'BYSCORE')
  if #entries > 0 then
    letEntriesGo(s, entries)
    redis.call('ZREMRANGEBYSCORE', key, ARGV[i], ARGV[i + 1])
    if anyReleased then
      for _, entry in ipairs(entries) do redis.call('SREM', releasedKey, text((struct.unpack('>d', entry)))) end
    end
  end
end
saveQueue(s)
return 0
`,
)
