import type { Random } from '../ports/clock.ts'

/** Crockford's base 32: no I, L, O, U, so that it can be read out over the telephone. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A short text such as `7F3K-Q2` that stands in the client's Reason String and in the log, and leads from one to the other. */
export function refusalReference(random: Random): string {
  let bits = Number.parseInt(random.hex(4), 16)
  let text = ''
  for (let digit = 0; digit < 6; digit += 1) {
    text += DIGITS.charAt(bits & 31)
    bits >>>= 5
  }
  return `${text.slice(0, 4)}-${text.slice(4)}`
}
