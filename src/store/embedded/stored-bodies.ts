import { ByteWriter } from '../../core/byte-codec.ts'
import type { Message } from '../../core/message.ts'
import { messageSize, writeMessage } from '../../core/message-codec.ts'
import type { RawMessage } from '../raw-reads.ts'
import { BodyCache } from './body-cache.ts'
import { readBodies, type WantedBody } from './read-bodies.ts'
import type { Journal } from './journal.ts'
import { StoredBody } from './stored-body.ts'

/** The messages of queues and retained topics: each once on disk, counted, and gone with its last reference. */
export class StoredBodies {
  /** Of the bodies that something refers to. */
  liveBytes = 0
  /** How often something refers to one. */
  references = 0
  /** Told of each commit. */
  readonly cache: BodyCache
  readonly #writer = new ByteWriter()

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

  /** The messages as their bytes are, in the order of `bodies`: copies in one piece, which keep nothing else in memory. */
  async load(bodies: readonly StoredBody[]): Promise<readonly RawMessage[]> {
    const bytes = Buffer.allocUnsafe(bodies.reduce((sum, { length }) => sum + length, 0))
    const missing: WantedBody[] = []
    let end = 0
    const messages = bodies.map(body => {
      const start = end
      end += body.length
      if (!this.#copyTo(bytes, start, body)) missing.push({ body, start })
      return { bytes, start, end }
    })
    if (missing.length > 0) await readBodies(missing, bytes)
    return messages
  }

  /** False: it is not in memory. */
  #copyTo(bytes: Buffer, start: number, { onItsWay, kept, keptAt, length }: StoredBody): boolean {
    if (onItsWay !== undefined) writeMessage(this.#writer.into(bytes, start), onItsWay)
    else if (kept?.bytes !== undefined) kept.bytes.copy(bytes, start, keptAt, keptAt + length)
    else return false
    return true
  }
}
