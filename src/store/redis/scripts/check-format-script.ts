import { script } from '../script.ts'

/** Claims the keys for a format, if they have none yet. Arguments: time, format. Answer: the format that they have. */
export const checkFormatScript = script(
  'makes',
  "redis.call('SET', prefix .. 'format', ARGV[2], 'NX')\nreturn redis.call('GET', prefix .. 'format')",
)
