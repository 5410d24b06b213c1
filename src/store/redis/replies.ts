import { ByteReader, ByteWriter } from '../../core/byte-codec.ts'
import { BrokerError } from '../../core/errors.ts'
import type { Codec } from '../codec.ts'

const writer = new ByteWriter()
const reader = new ByteReader()

/** A value as bytes of its own. */
export function bytesOf<Value>(codec: Codec<Value>, value: Value): Buffer {
  codec.write(writer.start(), value)
  return Buffer.from(writer.buffer.subarray(0, writer.offset))
}

/** The value that the bytes are, which must hold nothing else. */
export function valueOf<Value>(codec: Codec<Value>, bytes: Buffer): Value {
  const value = codec.read(reader.over(bytes, 0, bytes.length))
  reader.finish()
  return value
}

/** A list in the answer of a script. */
export function listIn(reply: unknown): readonly unknown[] {
  if (Array.isArray(reply)) return reply
  throw unexpected()
}

/** Bytes in the answer of a script. */
export function bytesIn(reply: unknown): Buffer {
  if (Buffer.isBuffer(reply)) return reply
  throw unexpected()
}

/** A string in the answer of a script. */
export function stringIn(reply: unknown): string {
  return bytesIn(reply).toString()
}

/** A whole number in the answer of a script, which may be one or its digits. */
export function numberIn(reply: unknown): number {
  const number = typeof reply === 'number' ? reply : Number(stringIn(reply))
  if (Number.isSafeInteger(number)) return number
  throw unexpected()
}

function unexpected(): BrokerError {
  return new BrokerError('STORE_DAMAGED', 'what Redis holds is not what this version of the store has written')
}
