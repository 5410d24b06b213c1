import { ByteReader } from '../../core/byte-codec.ts'
import { BrokerError } from '../../core/errors.ts'
import type { Message } from '../../core/message.ts'
import { messageSize, readMessage } from '../../core/message-codec.ts'
import { BodyCache } from './body-cache.ts'
import type { Journal } from './journal.ts'
import type { Segment } from './segment.ts'
import { StoredBody } from './stored-body.ts'

/** Bodies no further apart than this are read in one go: the bytes between them cost less than another read. */
const GAP_BYTES_MAX = 32 * 1024
const RUN_BYTES_MAX = 1024 * 1024

/** Bodies that lie close together. */
interface Run {
  readonly segment: Segment
  readonly start: number
  end: number
  readonly bodies: StoredBody[]
}

/** The messages of queues and retained topics: each once on disk, counted, and gone with its last reference. */
export class StoredBodies {
  /** Of the bodies that something refers to. */
  liveBytes = 0
  /** How often something refers to one. */
  references = 0
  /** Told of each commit. */
  readonly cache: BodyCache
  readonly #reader = new ByteReader()

  constructor(cacheBytesMax: number) {
    this.cache = new BodyCache(cacheBytesMax)
  }

  /** Writes a message into the commit that is gathered, right before the operation that refers to it is begun. */
  add(journal: Journal, message: Message): StoredBody {
    const body = new StoredBody(messageSize(message), Math.ceil(message.expiresAtMs))
    body.onItsWay = message
    journal.addBody(message, body)
    return body
  }

  /** Like {@link add}, with the message as its bytes are. */
  addRaw(journal: Journal, bytes: Buffer, start: number, end: number, expiresAtMs: number): StoredBody {
    const body = new StoredBody(end - start, expiresAtMs)
    journal.addRawBody(bytes, start, end, body)
    return body
  }

  refer(body: StoredBody): void {
    if (body.references === 0) this.liveBytes += body.length
    body.references++
    this.references++
  }

  letGo(body: StoredBody): void {
    body.references--
    this.references--
    if (body.references > 0) return
    this.liveBytes -= body.length
    this.cache.drop(body)
  }

  /** The messages, in the order of `bodies`. */
  async load(bodies: readonly StoredBody[]): Promise<readonly Message[]> {
    const loaded = new Map<StoredBody, Message>()
    for (const body of bodies) {
      const bytes = body.kept?.bytes
      if (body.onItsWay !== undefined) loaded.set(body, body.onItsWay)
      else if (bytes !== undefined) loaded.set(body, this.#messageIn(bytes, body.keptAt, body.length))
    }
    if (loaded.size < bodies.length) {
      const missing = bodies.filter(body => !loaded.has(body))
      await Promise.all(runsOf(missing).map(run => this.#read(run, loaded)))
    }
    return bodies.map(body => found(body, loaded))
  }

  async #read({ segment, start, end, bodies }: Run, into: Map<StoredBody, Message>): Promise<void> {
    // They may be moved to another segment while this one is read.
    const offsets = bodies.map(body => body.offset - start)
    const bytes = Buffer.allocUnsafe(end - start)
    const read = await segment.read(bytes, start)
    if (read < bytes.length) throw new BrokerError('STORE_DAMAGED', `${segment.name} is shorter than it was`)
    for (const [index, body] of bodies.entries()) {
      const offset = offsets[index] ?? 0
      into.set(body, this.#messageIn(bytes, offset, body.length))
    }
  }

  #messageIn(bytes: Buffer, offset: number, length: number): Message {
    return readMessage(this.#reader.over(bytes, offset, offset + length))
  }
}

function runsOf(bodies: readonly StoredBody[]): readonly Run[] {
  const runs: Run[] = []
  for (const body of [...bodies].sort(byPlace)) {
    const { segment, offset, length } = body
    if (segment === undefined) throw new BrokerError('STORE_UNAVAILABLE', 'a message is asked for before it is safe')
    const run = runs.at(-1)
    if (run?.segment === segment && offset - run.end <= GAP_BYTES_MAX && offset - run.start <= RUN_BYTES_MAX) {
      run.end = Math.max(run.end, offset + length)
      run.bodies.push(body)
    } else runs.push({ segment, start: offset, end: offset + length, bodies: [body] })
  }
  return runs
}

function byPlace(one: StoredBody, other: StoredBody): number {
  return (one.segment?.number ?? 0) - (other.segment?.number ?? 0) || one.offset - other.offset
}

function found(body: StoredBody, loaded: ReadonlyMap<StoredBody, Message>): Message {
  const message = loaded.get(body)
  if (message === undefined) throw new BrokerError('STORE_UNAVAILABLE', 'a message was not read')
  return message
}
