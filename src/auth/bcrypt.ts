import { blowfishTables, type BlowfishTables } from './blowfish-tables.ts'

const SALT_BYTES = 16
const KEY_BYTES_MAX = 72
const MAGIC = 'OrpheanBeholderScryDoubt'
const ENCRYPTIONS = 64
const ROUNDS = 16

let initialTables: BlowfishTables | undefined

/**
 * bcrypt without the text form of crypt(3): all 24 bytes of its output, of a key of 1 to 72 bytes to which no zero is
 * added. Takes some 2 ms times two to the power of `cost` / 32: not for a thread that serves clients.
 */
export function rawBcrypt(key: Uint8Array, salt: Uint8Array, cost: number): Buffer {
  if (salt.length !== SALT_BYTES || key.length === 0 || key.length > KEY_BYTES_MAX) {
    throw new RangeError('bcrypt takes a salt of 16 bytes and a key of 1 to 72')
  }
  initialTables ??= blowfishTables()
  const cipher = new Blowfish(initialTables)
  const keyWords = cyclicWords(key)
  const saltWords = cyclicWords(salt)
  cipher.expand(keyWords, saltWords)
  const noSalt = new Uint32Array(saltWords.length)
  for (let round = 2 ** cost; round > 0; round -= 1) {
    cipher.expand(keyWords, noSalt)
    cipher.expand(saltWords, noSalt)
  }
  return cipher.encryptText(MAGIC)
}

class Blowfish {
  readonly #p: Uint32Array
  readonly #s: Uint32Array
  #left = 0
  #right = 0

  constructor(tables: BlowfishTables) {
    this.#p = tables.p.slice()
    this.#s = tables.s.slice()
  }

  /** Mixes a key into the state, and a salt of four words, or of as many zeros as words for none. */
  expand(keyWords: Uint32Array, saltWords: Uint32Array): void {
    const p = this.#p
    for (let index = 0; index < p.length; index += 1) p[index] = at(p, index) ^ at(keyWords, index)
    this.#left = 0
    this.#right = 0
    const saltAt = this.#fill(p, saltWords, 0)
    this.#fill(this.#s, saltWords, saltAt)
  }

  encryptText(text: string): Buffer {
    const output = Buffer.from(text, 'latin1')
    for (let offset = 0; offset < output.length; offset += 8) {
      this.#left = output.readUInt32BE(offset)
      this.#right = output.readUInt32BE(offset + 4)
      for (let times = 0; times < ENCRYPTIONS; times += 1) this.#encrypt()
      output.writeUInt32BE(this.#left >>> 0, offset)
      output.writeUInt32BE(this.#right >>> 0, offset + 4)
    }
    return output
  }

  #fill(table: Uint32Array, saltWords: Uint32Array, saltAt: number): number {
    let salt = saltAt
    for (let index = 0; index < table.length; index += 2) {
      this.#left ^= at(saltWords, salt)
      this.#right ^= at(saltWords, salt + 1)
      salt = (salt + 2) % 4
      this.#encrypt()
      table[index] = this.#left
      table[index + 1] = this.#right
    }
    return salt
  }

  #encrypt(): void {
    const p = this.#p
    const s = this.#s
    let left = this.#left
    let right = this.#right
    for (let round = 0; round < ROUNDS; round += 2) {
      left ^= at(p, round)
      right ^= f(s, left) ^ at(p, round + 1)
      left ^= f(s, right)
    }
    this.#left = right ^ at(p, ROUNDS + 1)
    this.#right = left ^ at(p, ROUNDS)
  }
}

function f(s: Uint32Array, x: number): number {
  const sum = (at(s, x >>> 24) + at(s, 256 + ((x >>> 16) & 255))) | 0
  return ((sum ^ at(s, 512 + ((x >>> 8) & 255))) + at(s, 768 + (x & 255))) | 0
}

/** The element at an index that is known to be there. */
function at(words: Uint32Array, index: number): number {
  return words[index] ?? 0
}

/** Eighteen words, the bytes one after the other, again from the start where they end. */
function cyclicWords(bytes: Uint8Array): Uint32Array {
  const words = new Uint32Array(18)
  for (let index = 0; index < words.length; index += 1) {
    let word = 0
    for (let place = 0; place < 4; place += 1) {
      word = (word << 8) | (bytes[(index * 4 + place) % bytes.length] ?? 0)
    }
    words[index] = word
  }
  return words
}
