import { script } from '../script.ts'
import { TAKEN } from './session-pieces.ts'

/**
 * What a worker has taken is done, as far as it is that worker's.
 *
 * Arguments: time, taker, tickets.
 */
export const settleDueScript = script(
  'makes',
  TAKEN,
  `
for i = 3, #ARGV do redis.call('ZREMRANGEBYSCORE', takenKey(ARGV[2]), ARGV[i], ARGV[i]) end
return 0
`,
)
