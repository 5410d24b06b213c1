import { hostname } from 'node:os'
import type { Random } from '../ports/clock.ts'

const RANDOM_BYTES = 4
const NAME_CHARACTERS_MAX = 64

/**
 * The name of this node until it ends: `<node id>~<random>`, with the host name where there is no id. It is never used
 * again after a restart, so that what was said of the node before is not taken for the new one.
 */
export function nodeName(nodeId: string | undefined, random: Random, host: string = hostname()): string {
  const id = nodeId ?? host.replaceAll(/[^\w.-]/g, '-').slice(0, NAME_CHARACTERS_MAX)
  return `${id}~${random.hex(RANDOM_BYTES)}`
}
