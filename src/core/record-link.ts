import type { Duplex } from 'node:stream'
import { OutBuffer, type OutBufferOwner } from '../protocol/out-buffer.ts'
import type { SlabPool } from '../protocol/slab-pool.ts'
import type { EndOfTick, Flushable } from './end-of-tick.ts'
import { BrokerError } from './errors.ts'
import { RecordReader } from './record-reader.ts'

/** Whoever understands the records of a link. */
export interface RecordLinkOwner {
  /** A complete record; `bytes[start, end)` is valid during the call only. A `BUS_PROTOCOL` error breaks the link. */
  record(bytes: Buffer, start: number, end: number): void
  /** `takenBytes` has risen. */
  taken(): void
  /** Called exactly once, whoever ended it; `fault` says why if it was not an orderly end. */
  closed(fault: Error | undefined): void
}

/** What the links of one process share. */
export interface RecordLinkContext {
  readonly slabs: SlabPool
  readonly endOfTick: EndOfTick
}

/** Records in both directions over a stream that was opened elsewhere: one write per tick, and the account of what waits. */
export class RecordLink implements OutBufferOwner, Flushable {
  /** Whole records put here leave with the tick. */
  readonly out: OutBuffer
  /** Nothing can be sent any more; the owner hears of the end, or already has. */
  broken = false
  /** Bytes handed to the stream so far, and how many of them the operating system has taken. */
  writtenBytes = 0
  takenBytes = 0
  readonly #stream: Duplex
  readonly #context: RecordLinkContext
  readonly #owner: RecordLinkOwner
  readonly #reader: RecordReader
  #fault: Error | undefined = undefined

  constructor(stream: Duplex, context: RecordLinkContext, recordBytesMax: number, owner: RecordLinkOwner) {
    this.#stream = stream
    this.#context = context
    this.#owner = owner
    this.out = new OutBuffer(this, context.slabs)
    this.#reader = new RecordReader(recordBytesMax, (bytes, start, end) => owner.record(bytes, start, end))
    stream.on('data', (chunk: Buffer) => this.#received(chunk))
    stream.on('end', () => {
      this.broken = true
    })
    stream.on('error', error => this.cut(error))
    stream.on('close', () => this.#closed())
  }

  /** Bytes that the operating system has not taken yet, those of this tick among them. */
  get waitingBytes(): number {
    return this.out.length + this.writtenBytes - this.takenBytes
  }

  /** Whether what waits can no longer leave. */
  get gone(): boolean {
    return this.#stream.destroyed
  }

  /** Accepts records up to this length from now on. */
  acceptUpTo(recordBytesMax: number): void {
    this.#reader.bytesMax = recordBytesMax
  }

  /** Stops reading, so that the other side is held back; a chunk that is being read is still worked off. */
  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  /** Sends what was gathered and ends; what the other side sends until it ends its half is still received. */
  end(): void {
    this.flush()
    this.broken = true
    this.#stream.end()
  }

  /** Breaks the link at once; what is on its way is lost. */
  cut(fault: Error | undefined): void {
    this.broken = true
    this.#reader.stop()
    this.#fault ??= fault
    this.#stream.destroy()
  }

  gathering(): void {
    this.#context.endOfTick.add(this)
  }

  flush(): void {
    this.out.flush()
  }

  send(slab: Buffer, length: number): void {
    this.writtenBytes += length
    this.#stream.write(slab.subarray(0, length), error => {
      this.takenBytes += length
      // After an error the slab may still be in use below us: it is left to the garbage collector.
      if (error === undefined || error === null) this.#context.slabs.give(slab)
      this.#owner.taken()
    })
  }

  #received(chunk: Buffer): void {
    try {
      this.#reader.push(chunk)
    } catch (error) {
      // Only bytes that make no sense break the link; a fault of whoever received a record is not the other side's.
      if (!(error instanceof BrokerError) || error.code !== 'BUS_PROTOCOL') throw error
      this.cut(error)
    }
  }

  #closed(): void {
    this.broken = true
    this.#reader.stop()
    this.#owner.closed(this.#fault)
  }
}
