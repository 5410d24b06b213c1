import { connect } from 'node:net'
import { BackOff } from '../core/back-off.ts'
import type { ByteReader, ByteWriter } from '../core/byte-codec.ts'
import { BrokerError } from '../core/errors.ts'
import { RecordLink, type RecordLinkContext } from '../core/record-link.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import type { Log } from '../ports/telemetry.ts'
import type { AppendLine, AppendResult, QueueAppend } from '../ports/store.ts'
import { storeError } from './raw-appends.ts'
import { RemoteAppendLine } from './remote-append-line.ts'
import type { Method } from './store-methods.ts'
import { readAnswer, STORE_RECORD_BYTES_MAX, StoreRecordWriter } from './store-protocol.ts'

/** A call is given up at the sweep after this time. */
const TIMEOUT_MS = 10_000
const SWEEP_MS = 1000
const REDIAL_FIRST_MS = 10
const REDIAL_LONGEST_MS = 1000
const LINGER_MS = 1000
const OUTSTANDING_MAX = 100_000
const WAITING_BYTES_MAX = 64 * 1024 * 1024

/** What a {@link StoreCaller} is made of. */
export interface StoreCallerOptions extends RecordLinkContext {
  readonly socketPath: string
  readonly clock: Clock
  readonly log: Log
  /** Calls that may wait for their answer; 100,000 when left out. */
  readonly outstandingMax?: number
}

/** What the link tells the lines of appends that lead over it. */
type LineEnd = Pick<RemoteAppendLine<QueueAppend>, 'answered' | 'sweep' | 'lost'>

interface OutstandingCall {
  /** The sweep that gives it up. */
  readonly lastSweep: number
  readonly resolve: (result: ByteReader) => void
  readonly reject: (error: unknown) => void
}

/** The worker's end of the link to the store: any number of calls on their way, answered in any order. */
export class StoreCaller {
  readonly #options: StoreCallerOptions
  readonly #outstandingMax: number
  readonly #writer = new StoreRecordWriter()
  readonly #backOff = new BackOff(REDIAL_FIRST_MS, REDIAL_LONGEST_MS)
  /** In the order they were made, and so of their deadlines. */
  readonly #outstanding = new Map<number, OutstandingCall>()
  /** By number. */
  readonly #lines: LineEnd[] = []
  readonly #sweeper: Timer
  readonly #closed = Promise.withResolvers<void>()
  #closing = false
  #connected = false
  #link: RecordLink | undefined = undefined
  #redial: Timer | undefined = undefined
  #linger: Timer | undefined = undefined
  #whenConnected: (() => void) | undefined = undefined
  #sweeps = 0
  #lastId = 0

  constructor(options: StoreCallerOptions) {
    this.#options = options
    this.#outstandingMax = options.outstandingMax ?? OUTSTANDING_MAX
    this.#sweeper = options.clock.every(SWEEP_MS, () => this.#sweep())
    this.#dial()
  }

  /** Resolves at the first connection; after ten seconds without one it rejects with `STORE_UNAVAILABLE`. */
  async connected(): Promise<void> {
    if (this.#connected) return
    await new Promise<void>((resolve, reject) => {
      const late = (): void => reject(unavailable(`nothing answers at ${this.#options.socketPath}`))
      const deadline = this.#options.clock.after(TIMEOUT_MS, late)
      this.#whenConnected = () => {
        deadline.cancel()
        resolve()
      }
    })
  }

  /** Asks the store. Rejects with the store's error, or with `STORE_UNAVAILABLE` when there is no answer to be had. */
  call<Arguments, Result, Answer>(method: Method<Arguments, Result, Answer>, args: Arguments): Promise<Result> {
    const link = this.#usableLink()
    if (link instanceof BrokerError) return Promise.reject(link)
    if (this.#outstanding.size >= this.#outstandingMax) return Promise.reject(unavailable('too many calls wait for it'))
    return new Promise<Result>((resolve, reject) => {
      const id = ++this.#lastId
      this.#writer.request(link.out, id, method, args)
      this.#outstanding.set(id, {
        lastSweep: this.#lastSweep,
        resolve: reader => {
          const result = method.result.read(reader)
          reader.finish()
          resolve(result)
        },
        reject,
      })
    })
  }

  /** A line of appends that leads over this link; `appended` is told what became of each. */
  openLine<Append extends QueueAppend>(appended: (append: Append, result: AppendResult) => void): AppendLine<Append> {
    const number = this.#lines.length
    const send = (write: (writer: ByteWriter) => void): BrokerError | undefined => this.#sendAppend(number, write)
    const lastSweep = (): number => this.#lastSweep
    const line = new RemoteAppendLine({ send, lastSweep }, this.#options.endOfTick, this.#outstandingMax, appended)
    this.#lines.push(line)
    return line
  }

  /** What was asked still reaches the store, but nobody learns of the answers. */
  async close(): Promise<void> {
    if (!this.#closing) this.#end()
    await this.#closed.promise
  }

  #sendAppend(line: number, write: (writer: ByteWriter) => void): BrokerError | undefined {
    const link = this.#usableLink()
    if (link instanceof BrokerError) return link
    try {
      this.#writer.append(link.out, line, write)
      return undefined
    } catch (error) {
      return storeError(error)
    }
  }

  #usableLink(): RecordLink | BrokerError {
    const link = this.#link
    if (link === undefined || !this.#connected || link.broken) return unavailable('there is no connection to it')
    if (link.waitingBytes > WAITING_BYTES_MAX) return unavailable('it does not read what it is sent')
    return link
  }

  /** The sweep that gives up what is asked now. */
  get #lastSweep(): number {
    return this.#sweeps + TIMEOUT_MS / SWEEP_MS + 1
  }

  #end(): void {
    this.#closing = true
    this.#sweeper.cancel()
    this.#redial?.cancel()
    const link = this.#link
    if (link === undefined) this.#closed.resolve()
    else {
      this.#linger = this.#options.clock.after(LINGER_MS, () => link.cut(undefined))
      link.end()
    }
    this.#rejectAll('it was closed')
  }

  #dial(): void {
    const socket = connect(this.#options.socketPath)
    socket.once('connect', () => this.#opened())
    this.#link = new RecordLink(socket, this.#options, STORE_RECORD_BYTES_MAX, {
      record: (bytes, start, end) => this.#answered(bytes, start, end),
      taken: () => {},
      closed: fault => this.#lost(fault),
    })
  }

  #opened(): void {
    this.#connected = true
    this.#backOff.reset()
    this.#whenConnected?.()
  }

  #answered(bytes: Buffer, start: number, end: number): void {
    const { id, reader, error, appended } = readAnswer(bytes, start, end)
    if (appended) return this.#lines[id]?.answered(reader)
    const call = this.#outstanding.get(id)
    // An answer that came too late: its call was given up.
    if (call === undefined) return
    this.#outstanding.delete(id)
    if (error !== undefined) return call.reject(error)
    try {
      call.resolve(reader)
    } catch (fault) {
      call.reject(unavailable('its answer makes no sense', fault))
      throw fault
    }
  }

  #lost(fault: Error | undefined): void {
    const wasConnected = this.#connected
    this.#link = undefined
    this.#connected = false
    this.#linger?.cancel()
    if (this.#closing) return this.#closed.resolve()
    if (wasConnected) {
      this.#options.log.error('link to the store broke', fault ?? unavailable('it ended the link'))
      this.#rejectAll('the link to it broke')
    }
    this.#redial = this.#options.clock.after(this.#backOff.nextDelayMs(), () => this.#dial())
  }

  #sweep(): void {
    this.#sweeps++
    for (const line of this.#lines) line.sweep(this.#sweeps)
    for (const [id, call] of this.#outstanding) {
      if (call.lastSweep > this.#sweeps) return
      this.#outstanding.delete(id)
      call.reject(unavailable('it did not answer in time'))
    }
  }

  #rejectAll(why: string): void {
    const calls = [...this.#outstanding.values()]
    this.#outstanding.clear()
    for (const line of this.#lines) line.lost(why)
    for (const { reject } of calls) reject(unavailable(why))
  }
}

function unavailable(why: string, cause?: unknown): BrokerError {
  return new BrokerError('STORE_UNAVAILABLE', `the store is out of reach: ${why}`, { cause })
}
