import { script } from '../script.ts'
import { LOAD_SESSION } from './session-pieces.ts'

/**
 * Removes the subscriptions of one UNSUBSCRIBE from `subscriptions:<instance>`.
 *
 * Arguments: time, client, epoch, then the Topic Filters.
 */
export const removeSubscriptionsScript = script(
  'makes',
  LOAD_SESSION,
  `
local s = claimed(ARGV[2], ARGV[3])
if not s then return STALE end
local key = prefix .. 'subscriptions:' .. s.instance
for i = 4, #ARGV do redis.call('HDEL', key, ARGV[i]) end
return 0
`,
)
