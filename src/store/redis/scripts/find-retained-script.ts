import { script } from '../script.ts'

/** The retained message of one name, in a list. Arguments: time, Topic Name. */
export const findRetainedScript = script('makes', "return { redis.call('HGET', prefix .. 'retained', ARGV[2]) or nil }")
