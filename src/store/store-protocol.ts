import { ByteReader, ByteWriter, malformed } from '../core/byte-codec.ts'
import { BrokerError } from '../core/errors.ts'
import type { OutBuffer } from '../protocol/out-buffer.ts'
import { readStoreError, writeStoreError } from './store-error-codec.ts'
import type { Method } from './store-methods.ts'

/** Longest record between a worker and the store: the largest packet of MQTT and room for a long list of queues. */
export const STORE_RECORD_BYTES_MAX: number = 268_435_455 + 64 * 1024 * 1024

const LENGTH_BYTES = 4
const ANSWERED = 0
const FAILED = 1
/** Answers to the appends of a line, whose number stands in the place of the id. */
const APPENDED = 2

/** The method that adds to the line whose number stands in the place of the id; answered many at a time. */
export const APPEND = 24

/**
 * Writes requests (id, method, arguments) and answers (id, outcome, result or error), each behind its u32 length.
 * What is longer than a record may be is not sent: the answer, or the request, becomes a `STORE_UNAVAILABLE` error.
 */
export class StoreRecordWriter {
  readonly #writer = new ByteWriter()

  request<Arguments>(
    out: OutBuffer,
    id: number,
    method: Pick<Method<Arguments, unknown>, 'number' | 'arguments'>,
    args: Arguments,
  ): void {
    const writer = this.#start(id)
    writer.u8(method.number)
    method.arguments.write(writer, args)
    this.#send(out)
  }

  /** `write` writes the result. */
  answer(out: OutBuffer, id: number, write: (writer: ByteWriter) => void): void {
    const writer = this.#start(id)
    writer.u8(ANSWERED)
    write(writer)
    this.#send(out)
  }

  /** `write` writes the append. */
  append(out: OutBuffer, line: number, write: (writer: ByteWriter) => void): void {
    const writer = this.#start(line)
    writer.u8(APPEND)
    write(writer)
    this.#send(out)
  }

  /** `write` writes the answers. */
  appended(out: OutBuffer, line: number, write: (writer: ByteWriter) => void): void {
    const writer = this.#start(line)
    writer.u8(APPENDED)
    write(writer)
    this.#send(out)
  }

  failure(out: OutBuffer, id: number, error: BrokerError): void {
    const writer = this.#start(id)
    writer.u8(FAILED)
    writeStoreError(writer, error)
    this.#send(out)
  }

  #start(id: number): ByteWriter {
    const writer = this.#writer.start()
    writer.u32(0)
    writer.varuint(id)
    return writer
  }

  #send(out: OutBuffer): void {
    const { buffer, offset } = this.#writer
    const length = offset - LENGTH_BYTES
    if (length > STORE_RECORD_BYTES_MAX) {
      throw new BrokerError('STORE_UNAVAILABLE', `${length} bytes are too long for one request to the store`)
    }
    buffer.writeUInt32BE(length, 0)
    out.append(buffer, 0, offset)
  }
}

/** A request whose arguments are still to be read. */
export interface RequestHead {
  readonly id: number
  readonly method: number
  readonly reader: ByteReader
}

/** Reads the head of a request. */
export function readRequest(bytes: Buffer, start: number, end: number): RequestHead {
  const reader = new ByteReader().over(bytes, start, end)
  return { id: reader.varuint(), method: reader.u8(), reader }
}

/** An answer whose result is still to be read, or the error that it brought. */
export interface AnswerHead {
  readonly id: number
  readonly reader: ByteReader
  readonly error: BrokerError | undefined
  /** Answers to the appends of the line `id`. */
  readonly appended: boolean
}

/** Reads the head of an answer. */
export function readAnswer(bytes: Buffer, start: number, end: number): AnswerHead {
  const reader = new ByteReader().over(bytes, start, end)
  const id = reader.varuint()
  const outcome = reader.u8()
  if (outcome > APPENDED) throw malformed(`unknown outcome ${outcome}`)
  const error = outcome === FAILED ? readStoreError(reader) : undefined
  return { id, reader, error, appended: outcome === APPENDED }
}
