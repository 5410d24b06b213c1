import { randomBytes } from 'node:crypto'
import type { Random } from '../ports/clock.ts'

/** The randomness of this machine. */
export const systemRandom: Random = {
  fraction: () => Math.random(),
  hex: bytes => randomBytes(bytes).toString('hex'),
}
