import { script } from '../script.ts'
import { LINEAGE } from './lineage-piece.ts'

/**
 * Claims the keys for a format, if they have none yet. Arguments: time, format. Answer: the format that they have, and by
 * which replication id Redis goes.
 */
export const checkFormatScript = script(
  'makes',
  LINEAGE,
  `
redis.call('SET', prefix .. 'format', ARGV[2], 'NX')
local format = redis.call('GET', prefix .. 'format')
if format ~= ARGV[2] then return { format, '' } end
return { format, (lineage()) }
`,
)
