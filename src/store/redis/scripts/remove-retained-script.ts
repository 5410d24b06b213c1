import { script } from '../script.ts'
import { EXPIRE_RETAINED } from './retained-pieces.ts'

/** Removes the retained message of a Topic Name. Arguments: time, Topic Name. */
export const removeRetainedScript = script('makes', EXPIRE_RETAINED, 'removeRetained(ARGV[2])\nreturn 0')
