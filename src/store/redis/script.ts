import { createHash } from 'node:crypto'

/** A step that Redis runs as a whole. */
export interface Script {
  readonly lua: string
  readonly sha: string
}

/** How a script stands to a Redis that is at its memory limit. */
export type Room =
  /** It adds: refused there. */
  | 'takes'
  /** It makes room, or reads: always run. */
  | 'makes'

// The one key is the prefix of all keys, with the hash tag in it: it tells Redis Cluster where to run the script.
const OPENING = `local prefix = KEYS[1]
local now = tonumber(ARGV[1])
local function text(number) return string.format('%.0f', number) end
`

/** Puts a script together: the shared pieces that it calls, then itself. The first argument is always the time. */
export function script(room: Room, ...pieces: readonly string[]): Script {
  const lua = `#!lua${room === 'makes' ? ' flags=allow-oom' : ''}\n${OPENING}${pieces.join('\n')}`
  return { lua, sha: createHash('sha1').update(lua).digest('hex') }
}
