import type { Socket } from 'node:net'
import { malformed } from '../core/byte-codec.ts'
import { BrokerError } from '../core/errors.ts'
import { RecordLink, type RecordLinkContext, type RecordLinkOwner } from '../core/record-link.ts'
import type { Clock } from '../ports/clock.ts'
import type { Store } from '../ports/store.ts'
import { background, type Log } from '../ports/telemetry.ts'
import { PageCursors } from './page-cursors.ts'
import { AnswerWriter, AppendReader } from './append-codec.ts'
import { DecodedAppends, type RawAnswer, type RawAppendLine, type RawAppends } from './raw-appends.ts'
import { type RawReads, wholeReads } from './raw-reads.ts'
import { APPEND, readRequest, type RequestHead, STORE_RECORD_BYTES_MAX, StoreRecordWriter } from './store-protocol.ts'
import { runService, type ServiceContext, type WriteResult } from './store-services.ts'

/** Past either, nothing more is read from the worker until half of it is worked off; answers wait past the second. */
const RUNNING_MAX = 10_000
/** Of one worker. */
const LINES_MAX = 16
const WAITING_BYTES_MAX = 64 * 1024 * 1024

/** What the links of a store server share. */
export interface ServedWorkerContext extends RecordLinkContext {
  readonly store: Store
  /** Undefined: appends go through the store like everything else. */
  readonly appends?: RawAppends
  /** Undefined: so do reads. */
  readonly reads?: RawReads
  readonly clock: Clock
  readonly log: Log
}

/** A line of appends that a worker has opened. */
interface ServedLine {
  readonly appends: AppendReader
  readonly line: RawAppendLine
}

/** The link to one worker: runs its requests as they come, and answers each when it is done. */
export class ServedWorker implements RecordLinkOwner {
  readonly records: RecordLink
  readonly #log: Log
  readonly #services: ServiceContext
  readonly #forget: (worker: ServedWorker) => void
  readonly #writer = new StoreRecordWriter()
  readonly #appends: RawAppends
  /** By number. */
  readonly #lines = new Map<number, ServedLine>()
  #running = 0
  #paused = false
  /** For the answers that wait until others have left. */
  #room: PromiseWithResolvers<void> | undefined = undefined

  /** `forget` is called once, when the link has closed. */
  constructor(socket: Socket, context: ServedWorkerContext, forget: (worker: ServedWorker) => void) {
    this.#log = context.log
    this.#forget = forget
    this.#appends = context.appends ?? new DecodedAppends(context.store.queues)
    this.#services = {
      store: context.store,
      reads: context.reads ?? wholeReads(context.store),
      subscriptionPages: new PageCursors(context.clock, context.log),
      messagePages: new PageCursors(context.clock, context.log),
    }
    this.records = new RecordLink(socket, context, STORE_RECORD_BYTES_MAX, this)
  }

  record(bytes: Buffer, start: number, end: number): void {
    const request = readRequest(bytes, start, end)
    if (request.method === APPEND) this.#append(request, bytes, end)
    else {
      const result = runService(this.#services, request.method, request.reader)
      background(this.#log, 'store request', this.#answer(request.id, result))
    }
    this.#running++
    this.#holdBack()
  }

  taken(): void {
    this.#letOn()
  }

  closed(fault: Error | undefined): void {
    this.#room?.resolve()
    if (fault !== undefined) this.#log.error('link of a worker to the store broke', fault)
    this.#services.subscriptionPages.closeAll()
    this.#services.messagePages.closeAll()
    this.#forget(this)
  }

  #append({ id, reader }: RequestHead, bytes: Buffer, end: number): void {
    const { appends, line } = this.#lineOf(id)
    const { targets, expiresAtMs } = appends.readHead(reader)
    line.add(targets, bytes, reader.offset, end, expiresAtMs)
  }

  #lineOf(number: number): ServedLine {
    const known = this.#lines.get(number)
    if (known !== undefined) return known
    if (this.#lines.size >= LINES_MAX) throw malformed('too many lines of appends')
    const writer = new AnswerWriter()
    const line = this.#appends.openRawLine(answers => this.#answerAppends(number, writer, answers))
    const served = { appends: new AppendReader(), line }
    this.#lines.set(number, served)
    return served
  }

  /** Appends bring more than their answers take, so these do not wait for room. */
  #answerAppends(line: number, answerWriter: AnswerWriter, answers: readonly RawAnswer[]): void {
    if (!this.records.broken) {
      this.#writer.appended(this.records.out, line, writer => {
        writer.varuint(answers.length)
        for (const answer of answers) answerWriter.write(writer, answer)
      })
    }
    this.#running -= answers.length
    this.#letOn()
  }

  async #answer(id: number, result: Promise<WriteResult>): Promise<void> {
    try {
      const write = await result
      while (this.#full && !this.records.broken) await this.#nextRoom()
      if (!this.records.broken) this.#writer.answer(this.records.out, id, write)
    } catch (error) {
      if (!this.records.broken) this.#writer.failure(this.records.out, id, this.#crossing(error))
    }
    this.#running--
    this.#holdBack()
    this.#letOn()
  }

  /** The error as the worker gets it: what is not one of ours is a fault in here, and stays here. */
  #crossing(error: unknown): BrokerError {
    if (error instanceof BrokerError) return error
    this.#log.error('store request failed', error)
    return new BrokerError('STORE_UNAVAILABLE', 'the store failed to answer')
  }

  get #full(): boolean {
    return this.records.waitingBytes > WAITING_BYTES_MAX
  }

  #nextRoom(): Promise<void> {
    this.#room ??= Promise.withResolvers<void>()
    return this.#room.promise
  }

  #holdBack(): void {
    if (this.#paused || (this.#running <= RUNNING_MAX && !this.#full)) return
    this.#paused = true
    this.records.pause()
  }

  #letOn(): void {
    if (!this.#paused || this.records.waitingBytes > WAITING_BYTES_MAX / 2) return
    this.#room?.resolve()
    this.#room = undefined
    if (this.#running > RUNNING_MAX / 2) return
    this.#paused = false
    this.records.resume()
  }
}
