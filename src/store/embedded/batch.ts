import { ByteWriter } from '../../core/byte-codec.ts'
import type { Message } from '../../core/message.ts'
import { writeMessage } from '../../core/message-codec.ts'
import { RECORD_HEAD_BYTES, writeRecordHead } from './segment-format.ts'
import type { BodyCache } from './body-cache.ts'
import type { Segment } from './segment.ts'
import type { StoredBody } from './stored-body.ts'

/** What is gathered for one commit: operations, the messages they bring, and everybody who waits for it. */
export class Batch {
  readonly operations = new ByteWriter()
  readonly #bodies = new ByteWriter()
  readonly #head = Buffer.alloc(RECORD_HEAD_BYTES)
  #operationsNow = 0
  #placed: StoredBody[] = []
  #offsets: number[] = []
  #done = Promise.withResolvers<void>()

  constructor() {
    this.start()
  }

  /** Makes it empty again, for the next commit. */
  start(): void {
    this.operations.start()
    this.#bodies.start()
    this.#operationsNow = 0
    this.#placed.length = 0
    this.#offsets.length = 0
    this.#done = Promise.withResolvers<void>()
    // Whoever wrote something without waiting for it does not hear of a store that closes.
    this.#done.promise.catch(() => {})
  }

  get empty(): boolean {
    return this.#operationsNow === 0
  }

  get bytes(): number {
    return RECORD_HEAD_BYTES + this.operations.offset + this.#bodies.offset
  }

  /** Resolves when everything in here is as safe as the store makes it. */
  get done(): Promise<void> {
    return this.#done.promise
  }

  /** Where the next operation is written to. */
  begin(): ByteWriter {
    this.#operationsNow++
    return this.operations
  }

  /** Writes the message of the operation that is begun next; `body` learns where it lies once it is there. */
  addBody(message: Message, body: StoredBody): void {
    this.#placed.push(body)
    this.#offsets.push(this.#bodies.offset)
    writeMessage(this.#bodies, message)
  }

  /** Like {@link addBody}, with the message as its bytes are. */
  addRawBody(bytes: Buffer, start: number, end: number, body: StoredBody): void {
    this.#placed.push(body)
    this.#offsets.push(this.#bodies.offset)
    this.#bodies.raw(bytes, start, end)
  }

  /** The record as it is written to a segment with this mark. */
  seal(mark: number, syncedUpTo: number): readonly Buffer[] {
    const operations = written(this.operations)
    const bodies = written(this.#bodies)
    writeRecordHead(this.#head, { mark, operations: this.#operationsNow, syncedUpTo }, operations, bodies)
    return [this.#head, operations, bodies]
  }

  /** The record lies at `offset` of `segment`, safe; what nobody has read yet goes into the cache. */
  committed(segment: Segment, offset: number, cache: BodyCache): void {
    // What the cleaner has moved is old.
    if (this.#placed[0]?.segment === undefined) cache.keep(written(this.#bodies), this.#placed, this.#offsets)
    const start = offset + RECORD_HEAD_BYTES + this.operations.offset
    for (let index = 0; index < this.#placed.length; index++) {
      this.#placed[index]?.place(segment, start + (this.#offsets[index] ?? 0))
    }
    this.#done.resolve()
  }

  /** It never will be safe. */
  failed(error: Error): void {
    this.#done.reject(error)
  }
}

function written(writer: ByteWriter): Buffer {
  return writer.buffer.subarray(0, writer.offset)
}
