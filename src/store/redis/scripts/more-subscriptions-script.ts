import { script } from '../script.ts'

/** More subscriptions of a session that has many. Arguments: time, instance, cursor, how many. Answer: that of HSCAN. */
export const moreSubscriptionsScript = script(
  'makes',
  "return redis.call('HSCAN', prefix .. 'subscriptions:' .. ARGV[2], ARGV[3], 'COUNT', ARGV[4])",
)
