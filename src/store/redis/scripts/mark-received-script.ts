import { script } from '../script.ts'
import { LOAD_SESSION } from './session-pieces.ts'

/**
 * Remembers a QoS 2 message in `received:<instance>`, or forgets it.
 *
 * Arguments: time, client, epoch, packet id, 1 or 0.
 */
export const markReceivedScript = script(
  'makes',
  LOAD_SESSION,
  `
local s = claimed(ARGV[2], ARGV[3])
if not s then return STALE end
redis.call(ARGV[5] == '1' and 'SADD' or 'SREM', prefix .. 'received:' .. s.instance, ARGV[4])
return 0
`,
)
