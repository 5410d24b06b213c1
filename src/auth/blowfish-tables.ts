/** Words of the P-array and of the four S-boxes. */
const P_WORDS = 18
const S_WORDS = 4 * 256
const WORD_BITS = 32n
/** More than the divisions can round away. */
const GUARD_BITS = 64n

/** The state that Blowfish begins with: the digits of π after the point, in base 2³². */
export interface BlowfishTables {
  readonly p: Uint32Array
  readonly s: Uint32Array
}

/** Works the tables out, which takes some milliseconds and spares four pages of numbers. */
export function blowfishTables(): BlowfishTables {
  const words = P_WORDS + S_WORDS
  const bits = BigInt(words) * WORD_BITS
  let fraction = (pi(bits + GUARD_BITS) >> GUARD_BITS) & ((1n << bits) - 1n)
  const digits = new Uint32Array(words)
  for (let index = words - 1; index >= 0; index -= 1) {
    digits[index] = Number(fraction & 0xffff_ffffn)
    fraction >>= WORD_BITS
  }
  return { p: digits.slice(0, P_WORDS), s: digits.slice(P_WORDS) }
}

/** π times two to the power of `bits`, by Machin's formula. */
function pi(bits: bigint): bigint {
  const one = 1n << bits
  return 4n * (4n * arctangentOfInverse(5n, one) - arctangentOfInverse(239n, one))
}

function arctangentOfInverse(x: bigint, one: bigint): bigint {
  const square = x * x
  let power = one / x
  let sum = power
  for (let divisor = 3n, sign = -1n; power !== 0n; divisor += 2n, sign = -sign) {
    power /= square
    sum += (sign * power) / divisor
  }
  return sum
}
