import { BoundedQueue } from '../core/bounded-queue.ts'
import type { ByteReader, ByteWriter } from '../core/byte-codec.ts'
import type { EndOfTick, Flushable } from '../core/end-of-tick.ts'
import { BrokerError } from '../core/errors.ts'
import { PartlyRefused } from '../core/partly-refused.ts'
import type { AppendLine, AppendResult, QueueAppend } from '../ports/store.ts'
import { AnswerReader, AppendWriter } from './append-codec.ts'

/** How a {@link RemoteAppendLine} reaches the store. */
export interface AppendSender {
  /** Sends what `write` writes. Undefined: it is on its way. */
  send(write: (writer: ByteWriter) => void): BrokerError | undefined
  /** The sweep at which what is sent now is given up. */
  lastSweep(): number
}

/** The appends of one tick. */
interface Group extends PromiseWithResolvers<void> {
  appends: number
  answered: number
  /** By share; undefined while none is refused. */
  refusals: Map<number, BrokerError> | undefined
  readonly lastSweep: number
}

/** The appends of a worker on their way to the store of its host, answered in their order. */
export class RemoteAppendLine<Append extends QueueAppend> implements AppendLine<Append>, Flushable {
  readonly #sender: AppendSender
  readonly #appended: (append: Append, result: AppendResult) => void
  readonly #endOfTick: EndOfTick
  readonly #waiting: BoundedQueue<Append>
  /** Oldest first. */
  readonly #groups = new Set<Group>()
  /** Of this tick. */
  #newest: Group | undefined = undefined
  #appends = new AppendWriter()
  #answers = new AnswerReader()
  lastShare = 0

  constructor(
    sender: AppendSender,
    endOfTick: EndOfTick,
    waitingMax: number,
    appended: (append: Append, result: AppendResult) => void,
  ) {
    this.#sender = sender
    this.#endOfTick = endOfTick
    this.#waiting = new BoundedQueue(waitingMax)
    this.#appended = appended
  }

  add(append: Append): Promise<void> {
    if (this.#waiting.size >= this.#waiting.itemsMax) return refused('too many appends wait for it')
    const error = this.#sender.send(writer => this.#appends.write(writer, append))
    if (error !== undefined) return this.#notSent(error)
    this.#waiting.push(append)
    const group = this.#newest ?? this.#open()
    this.lastShare = group.appends
    group.appends++
    return group.promise
  }

  /** The tick is over. */
  flush(): void {
    this.#newest = undefined
  }

  /** The store has answered some of the oldest appends. */
  answered(reader: ByteReader): void {
    for (let left = reader.varuint(); left > 0; left--) {
      const append = this.#waiting.shift()
      const [group] = this.#groups
      if (append === undefined || group === undefined) throw new BrokerError('BUS_PROTOCOL', 'an answer to no append')
      const result = this.#answers.read(reader, append.targets)
      if (result instanceof BrokerError) refuse(group, group.answered, result)
      else this.#appended(append, result)
      group.answered++
      if (group.answered === group.appends) this.#complete(group)
    }
    reader.finish()
  }

  /** What has waited too long is given up; its answers may still come. */
  sweep(sweeps: number): void {
    for (const group of this.#groups) {
      if (group.lastSweep > sweeps) return
      group.reject(unavailable('it did not answer in time'))
    }
  }

  /** No answers will come to what was added so far. */
  lost(why: string): void {
    this.#newest = undefined
    this.#appends = new AppendWriter()
    this.#answers = new AnswerReader()
    this.#waiting.clear()
    for (const group of this.#groups) group.reject(unavailable(why))
    this.#groups.clear()
  }

  #notSent(error: BrokerError): Promise<never> {
    // The other end does not know what this one has written last.
    this.#appends = new AppendWriter()
    return Promise.reject(error)
  }

  #complete(group: Group): void {
    this.#groups.delete(group)
    // A tick may be so long that what was sent at its beginning is answered before its end.
    if (this.#newest === group) this.#newest = undefined
    if (group.refusals === undefined) group.resolve()
    else group.reject(new PartlyRefused(group.refusals))
  }

  #open(): Group {
    const lastSweep = this.#sender.lastSweep()
    const group = { ...Promise.withResolvers<void>(), appends: 0, answered: 0, refusals: undefined, lastSweep }
    // Whoever added waits for it; with QoS 0 nobody does.
    group.promise.catch(() => {})
    this.#groups.add(group)
    this.#newest = group
    this.#endOfTick.add(this)
    return group
  }
}

function refuse(group: Group, share: number, error: BrokerError): void {
  group.refusals ??= new Map()
  group.refusals.set(share, error)
}

function refused(why: string): Promise<never> {
  return Promise.reject(unavailable(why))
}

function unavailable(why: string): BrokerError {
  return new BrokerError('STORE_UNAVAILABLE', `the store is out of reach: ${why}`)
}
