import { script } from '../script.ts'
import { END_SESSION, LOAD_SESSION } from './session-pieces.ts'

/**
 * The connection that holds the session has another will, or none. Once it has ended, what it has left behind stays.
 *
 * Arguments: time, client, epoch, delay of the will or empty, the will.
 */
export const setWillScript = script(
  'makes',
  LOAD_SESSION,
  END_SESSION,
  `
local s = claimed(ARGV[2], ARGV[3])
if not s then return STALE end
if not s.home then return 0 end
forgetWill(s)
if ARGV[4] ~= '' then
  redis.call('HSET', sessionKey(s.id), 'd', ARGV[4])
  redis.call('SET', prefix .. 'will:' .. s.id, ARGV[5])
end
return 0
`,
)
