import { BackOff } from '../../core/back-off.ts'
import type { ByteWriter } from '../../core/byte-codec.ts'
import type { EndOfTick, Flushable } from '../../core/end-of-tick.ts'
import { BrokerError } from '../../core/errors.ts'
import type { Message } from '../../core/message.ts'
import type { Clock, Timer } from '../../ports/clock.ts'
import { background, type Log } from '../../ports/telemetry.ts'
import { Batch } from './batch.ts'
import type { BodyCache } from './body-cache.ts'
import type { DataFolder } from './data-folder.ts'
import type { JournalSegments } from './journal-segments.ts'
import type { Reserve } from './reserve.ts'
import type { StoredBody } from './stored-body.ts'

/** What is gathered while a commit is under way; above it, what makes the store grow is refused. */
const GATHERED_BYTES_MAX = 16 * 1024 * 1024
const GATHERED_AT_ONCE_BYTES = 1024 * 1024
const RETRY_FIRST_MS = 50
const RETRY_LONGEST_MS = 2_000
const SYNC_EVERY_MS = 1_000
const RESERVE_EVERY_MS = 5_000

/** What a {@link Journal} works with. */
export interface JournalParts {
  readonly folder: DataFolder
  readonly segments: JournalSegments
  readonly reserve: Reserve
  readonly cache: BodyCache
  /** Whether a commit waits for the disk, or for the operating system only. */
  readonly fsync: boolean
  /** Bytes of all segments together above which what makes the store grow is refused. */
  readonly storeBytesMax: number
  readonly endOfTick: EndOfTick
  readonly clock: Clock
  readonly log: Log
}

/**
 * Everything the store has been told, in order. What is told during a tick becomes one record, written and synced at
 * once; while a commit is under way the next one is gathered, and it starts as soon as the first is through. A commit that
 * fails is tried again, in a new segment, until it goes through: nobody who waits is told anything that is not so.
 */
export class Journal implements Flushable {
  readonly #parts: JournalParts
  readonly #backOff = new BackOff(RETRY_FIRST_MS, RETRY_LONGEST_MS)
  #gathering = new Batch()
  #spare = new Batch()
  #inFlight: Batch | undefined = undefined
  #running: Promise<void> | undefined = undefined
  #closing = false
  /** A commit has failed, or the reserve is not held: nothing is taken that makes the store grow. */
  #short = false
  #unsynced = false
  #syncTimer: Timer | undefined = undefined
  #reserveTimer: Timer | undefined = undefined
  #wake: (() => void) | undefined = undefined
  /** Called after each commit. */
  onCommitted: () => void = () => {}
  /** Operations told so far. */
  operations = 0
  commits = 0
  failures = 0

  constructor(parts: JournalParts) {
    this.#parts = parts
    if (!parts.reserve.held) this.#runShort()
  }

  /** Where the next operation is written to, at once and as a whole. */
  begin(): ByteWriter {
    this.operations++
    if (this.#gathering.empty && this.#running === undefined) this.#parts.endOfTick.add(this)
    return this.#gathering.begin()
  }

  /** Writes the message of the operation that is begun next. */
  addBody(message: Message, body: StoredBody): void {
    this.#gathering.addBody(message, body)
  }

  /** Like {@link addBody}, with the message as its bytes are. */
  addRawBody(bytes: Buffer, start: number, end: number, body: StoredBody): void {
    this.#gathering.addRawBody(bytes, start, end, body)
  }

  /** Resolves when everything told so far is as safe as the store makes it. */
  safe(): Promise<void> {
    if (!this.#gathering.empty) return this.#gathering.done
    return this.#inFlight?.done ?? Promise.resolve()
  }

  /** Whether `bytes` more would be refused. */
  get full(): boolean {
    return this.#short || this.bytes >= this.#parts.storeBytesMax
  }

  /** Bytes of all segments and of what is gathered. */
  get bytes(): number {
    return this.#parts.segments.bytes + (this.#gathering.empty ? 0 : this.#gathering.bytes)
  }

  /** For who tells much at once: resolves at once while little is gathered, else when it is safe. */
  async hasRoom(): Promise<void> {
    if (this.#gathering.bytes > GATHERED_AT_ONCE_BYTES) await this.safe()
  }

  /** A `STORE_FULL` error when there is no room for something new; what makes room is always taken. */
  checkRoom(): void {
    if (this.full) throw new BrokerError('STORE_FULL', 'the disk, or the limit of the store, is full')
    if (this.#gathering.bytes > GATHERED_BYTES_MAX) throw new BrokerError('STORE_FULL', 'the disk does not keep up')
  }

  flush(): void {
    if (this.#running !== undefined || this.#gathering.empty) return
    this.#running = this.#run()
    background(this.#parts.log, 'commits of the store', this.#running)
  }

  /** Resolves when everything told so far has reached the disk, whatever a commit waits for. */
  async syncHead(): Promise<void> {
    if (!this.#unsynced) return
    this.#unsynced = false
    await this.#parts.segments.sync()
  }

  /** Commits what was told, or gives up after one more attempt. */
  async close(): Promise<void> {
    this.#closing = true
    this.#syncTimer?.cancel()
    this.#reserveTimer?.cancel()
    this.#wake?.()
    this.flush()
    await this.#running
    await this.syncHead()
  }

  async #run(): Promise<void> {
    while (!this.#gathering.empty) {
      const batch = this.#gathering
      this.#gathering = this.#spare
      this.#gathering.start()
      this.#inFlight = batch
      await this.#commit(batch)
      this.#inFlight = undefined
      this.#spare = batch
    }
    this.#running = undefined
  }

  async #commit(batch: Batch): Promise<void> {
    const { segments, fsync } = this.#parts
    for (;;) {
      try {
        const { segment, offset } = await segments.append(batch, fsync)
        this.commits++
        this.#backOff.reset()
        if (!fsync) this.#syncLater()
        batch.committed(segment, offset, this.#parts.cache)
        return this.onCommitted()
      } catch (error) {
        if (this.#closing) return batch.failed(new BrokerError('STORE_UNAVAILABLE', 'the store is closed'))
        await this.#recover(error)
      }
    }
  }

  /** Makes room if that is what is missing, else waits before the next attempt. */
  async #recover(error: unknown): Promise<void> {
    const { reserve, log, clock } = this.#parts
    this.failures++
    if (!this.#short) log.error('the store cannot be written and takes nothing new', error)
    this.#runShort()
    if (isOutOfRoom(error) && reserve.held && (await this.#giveUpReserve())) return
    await new Promise<void>(resolve => {
      this.#wake = resolve
      clock.after(this.#backOff.nextDelayMs(), resolve)
    })
  }

  #runShort(): void {
    this.#short = true
    const { clock, log } = this.#parts
    this.#reserveTimer ??= clock.after(RESERVE_EVERY_MS, () => {
      this.#reserveTimer = undefined
      background(log, 'reserve of the store', this.#takeReserve())
    })
  }

  #syncLater(): void {
    this.#unsynced = true
    const { clock, log } = this.#parts
    this.#syncTimer ??= clock.after(SYNC_EVERY_MS, () => {
      this.#syncTimer = undefined
      background(log, 'sync of the store', this.syncHead())
    })
  }

  async #giveUpReserve(): Promise<boolean> {
    const { reserve, log } = this.#parts
    try {
      await reserve.giveUp()
      return true
    } catch (error) {
      log.error('the reserve of the store cannot be given up', error)
      return false
    }
  }

  /** While a commit is tried again, what room there is belongs to it. */
  async #takeReserve(): Promise<void> {
    const { reserve, log } = this.#parts
    if (this.#closing) return
    if (this.#inFlight !== undefined) return this.#runShort()
    try {
      await reserve.take()
    } catch (error) {
      this.#runShort()
      if (!isOutOfRoom(error)) throw error
      return
    }
    this.#short = false
    log.info('the store can be written again')
  }
}

function isOutOfRoom(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}
