import { script } from '../script.ts'
import { END_SESSION, LET_GO, LOAD_SESSION } from './session-pieces.ts'

/**
 * The connection has ended and the session stays: its keys, the set of its home, and `due`.
 *
 * Arguments: time, client, epoch, expires at or empty, will due at or empty, sent up to.
 */
export const releaseScript = script(
  'makes',
  LOAD_SESSION,
  END_SESSION,
  LET_GO,
  `
local s = claimed(ARGV[2], ARGV[3])
if not s then return STALE end
letGo(s, tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]))
return 0
`,
)
