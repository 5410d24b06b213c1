import { script } from '../script.ts'
import { LOAD_SESSION } from './session-pieces.ts'

/**
 * Remembers in `released:<instance>` that PUBREC was seen for a message of the queue, if it is there.
 *
 * Arguments: time, client, epoch, position.
 */
export const markReleasedScript = script(
  'makes',
  LOAD_SESSION,
  `
local s = claimed(ARGV[2], ARGV[3])
if not s then return STALE end
if redis.call('ZCOUNT', prefix .. 'queue:' .. s.instance, ARGV[4], ARGV[4]) == 1 then
  redis.call('SADD', prefix .. 'released:' .. s.instance, ARGV[4])
end
return 0
`,
)
