import type { SeededRandom } from './seeded-random.ts'
import { varint } from '../support/wire-bytes.ts'

/** Bytes at which decoders are known to slip: ends of ranges, continuation bits, every property identifier's neighbour. */
const INTERESTING: readonly number[] = [
  0, 1, 2, 0x0b, 0x10, 0x1f, 0x23, 0x26, 0x27, 0x7f, 0x80, 0x81, 0xc0, 0xe0, 0xed, 0xfe, 0xff,
]
const CHANGES_MAX = 4
const SLICE_BYTES_MAX = 64

type Change = (bytes: Buffer, random: SeededRandom, corpus: readonly Buffer[]) => Buffer

const changes: readonly Change[] = [
  flipBit,
  setByte,
  setByte,
  setTwoBytes,
  insertBytes,
  removeBytes,
  repeatSlice,
  truncate,
  splice,
]

/** A packet of the corpus with a few bytes changed; half of the time its Remaining Length is put right again. */
export function mutate(corpus: readonly Buffer[], random: SeededRandom): Buffer {
  let bytes: Buffer = Buffer.from(random.pick(corpus))
  for (let count = random.below(CHANGES_MAX + 1); count > 0; count--)
    bytes = random.pick(changes)(bytes, random, corpus)
  return random.fraction() < 0.5 ? withRightLength(bytes) : bytes
}

/** The packet with the Remaining Length that fits what follows it. */
export function withRightLength(bytes: Buffer): Buffer {
  let body = 1
  while (body < 5 && (bytes[body] ?? 0) >= 0x80) body += 1
  const rest = bytes.subarray(body + 1)
  return Buffer.concat([bytes.subarray(0, 1), varint(rest.length), rest])
}

function flipBit(bytes: Buffer, random: SeededRandom): Buffer {
  const at = random.below(bytes.length)
  bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8))
  return bytes
}

function setByte(bytes: Buffer, random: SeededRandom): Buffer {
  bytes[random.below(bytes.length)] = random.fraction() < 0.7 ? random.pick(INTERESTING) : random.below(256)
  return bytes
}

/** Lengths of strings are two bytes. */
function setTwoBytes(bytes: Buffer, random: SeededRandom): Buffer {
  if (bytes.length < 2) return bytes
  bytes.writeUInt16BE(
    random.pick([0, 1, 0x7f, 0xff, 0x100, 0x7fff, 0xffff, bytes.length]),
    random.below(bytes.length - 1),
  )
  return bytes
}

function insertBytes(bytes: Buffer, random: SeededRandom): Buffer {
  const inserted = Buffer.from(Array.from({ length: 1 + random.below(6) }, () => random.pick(INTERESTING)))
  const at = random.below(bytes.length + 1)
  return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at)])
}

function removeBytes(bytes: Buffer, random: SeededRandom): Buffer {
  const at = random.below(bytes.length)
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(6))])
}

function repeatSlice(bytes: Buffer, random: SeededRandom): Buffer {
  const start = random.below(bytes.length)
  const slice = bytes.subarray(start, start + 1 + random.below(SLICE_BYTES_MAX))
  return Buffer.concat([
    bytes.subarray(0, start),
    ...Array.from({ length: 2 + random.below(8) }, () => slice),
    bytes.subarray(start),
  ])
}

function truncate(bytes: Buffer, random: SeededRandom): Buffer {
  return bytes.subarray(0, 1 + random.below(bytes.length))
}

function splice(bytes: Buffer, random: SeededRandom, corpus: readonly Buffer[]): Buffer {
  const other = random.pick(corpus)
  return Buffer.concat([bytes.subarray(0, 1 + random.below(bytes.length)), other.subarray(random.below(other.length))])
}
