import { script } from '../script.ts'

/** What is shared under a name. Arguments: time, name. Answer: the value, or nil. */
export const getSharedScript = script('makes', "return redis.call('GET', prefix .. 'shared:' .. ARGV[2])")

/** Shares a value under a name for a time. Arguments: time, name, value, milliseconds. */
export const putSharedScript = script(
  'takes',
  "return redis.call('SET', prefix .. 'shared:' .. ARGV[2], ARGV[3], 'PX', ARGV[4])",
)

/** Takes or keeps a lock. Arguments: time, name, holder, milliseconds. Answer: 1 when `holder` has it. */
export const lockScript = script(
  'takes',
  `
local key = prefix .. 'lock:' .. ARGV[2]
local holder = redis.call('GET', key)
if holder and holder ~= ARGV[3] then return 0 end
redis.call('SET', key, ARGV[3], 'PX', ARGV[4])
return 1
`,
)

/** Frees a lock that `holder` has. Arguments: time, name, holder. */
export const unlockScript = script(
  'makes',
  `
local key = prefix .. 'lock:' .. ARGV[2]
if redis.call('GET', key) == ARGV[3] then redis.call('DEL', key) end
return 1
`,
)
