import type { ByteReader, ByteWriter } from '../core/byte-codec.ts'

/** Values as bytes; who writes one may have it in another form than who reads it. */
export interface AnswerCodec<Written, Read> {
  readonly write: (writer: ByteWriter, value: Written) => void
  readonly read: (reader: ByteReader) => Read
}

/** One kind of value as bytes, both ways. */
export type Codec<Value> = AnswerCodec<Value, Value>

export const stringCodec: Codec<string> = { write: (writer, value) => writer.string(value), read: r => r.string() }
export const varuintCodec: Codec<number> = { write: (writer, value) => writer.varuint(value), read: r => r.varuint() }
/** Any number, `Infinity` among them. */
export const numberCodec: Codec<number> = { write: (writer, value) => writer.f64(value), read: r => r.f64() }
export const booleanCodec: Codec<boolean> = { write: (writer, value) => writer.boolean(value), read: r => r.boolean() }
/** The result of a method that has none. */
export const nothingCodec: Codec<void> = { write: () => {}, read: () => {} }

/** A value that may be missing. */
export function optionalCodec<Value>(codec: Codec<Value>): Codec<Value | undefined> {
  return {
    write(writer, value) {
      writer.boolean(value !== undefined)
      if (value !== undefined) codec.write(writer, value)
    },
    read: reader => (reader.boolean() ? codec.read(reader) : undefined),
  }
}

/** Values of one kind in their order. */
export function listCodec<Written, Read>(
  codec: AnswerCodec<Written, Read>,
): AnswerCodec<readonly Written[], readonly Read[]> {
  return {
    write: (writer, values) => writer.list(values, codec.write),
    read: reader => reader.list(codec.read),
  }
}

/** Two arguments. */
export function pairCodec<A, B>(a: Codec<A>, b: Codec<B>): Codec<readonly [A, B]> {
  return {
    write(writer, value) {
      a.write(writer, value[0])
      b.write(writer, value[1])
    },
    read: reader => [a.read(reader), b.read(reader)],
  }
}

/** Three arguments. */
export function tripleCodec<A, B, C>(a: Codec<A>, b: Codec<B>, c: Codec<C>): Codec<readonly [A, B, C]> {
  return {
    write(writer, value) {
      a.write(writer, value[0])
      b.write(writer, value[1])
      c.write(writer, value[2])
    },
    read: reader => [a.read(reader), b.read(reader), c.read(reader)],
  }
}

/** Four arguments. */
export function quadrupleCodec<A, B, C, D>(
  a: Codec<A>,
  b: Codec<B>,
  c: Codec<C>,
  d: Codec<D>,
): Codec<readonly [A, B, C, D]> {
  return {
    write(writer, value) {
      a.write(writer, value[0])
      b.write(writer, value[1])
      c.write(writer, value[2])
      d.write(writer, value[3])
    },
    read: reader => [a.read(reader), b.read(reader), c.read(reader), d.read(reader)],
  }
}
