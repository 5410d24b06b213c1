import { script } from '../script.ts'
import { END_SESSION, LOAD_SESSION } from './session-pieces.ts'

/** The session is over: all of its keys, the set of its home, `sessions`, `due`, and `trash` where it has messages. */
export const endScript = script(
  'makes',
  LOAD_SESSION,
  END_SESSION,
  `
local s = claimed(ARGV[2], ARGV[3])
if not s then return STALE end
endSession(s)
return s.messages
`,
)
