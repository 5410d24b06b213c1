import { type ByteReader, type ByteWriter, malformed, prefixedSize, utf8Size, varuintSize } from '../core/byte-codec.ts'
import type { DeliverFrame, Frame, RouteChange, SessionNews, SessionState } from '../core/frame.ts'
import { MessageRunWriter, readSubscription, writeMessage, writeSubscription } from '../core/message-codec.ts'
import type { WorkerAddress } from '../ports/bus.ts'
import type { ReceivedDeliver } from './received-deliver.ts'

/** The first frame in either direction of a link: who is speaking. */
export interface HelloFrame {
  readonly kind: 'hello'
  readonly address: WorkerAddress
}

/** Everything that goes over a link. */
export type LinkFrame = Frame | HelloFrame

/** The byte that names each kind; a number is never given to another kind. */
const kindNumbers: Readonly<Record<LinkFrame['kind'], number>> = {
  hello: 0,
  deliver: 1,
  routes: 2,
  'routes-known': 3,
  'queue-routes': 4,
  wake: 5,
  takeover: 6,
  yielded: 7,
}

/** The byte that names each state is its place. */
const sessionStates: readonly SessionState[] = ['opened', 'online', 'offline', 'over']

/** The kind as its byte. */
export function kindNumber(frame: LinkFrame): number {
  return kindNumbers[frame.kind]
}

/** Writes deliver frames one after the other. */
export class DeliverBodies {
  readonly #messages = new MessageRunWriter()

  /** Bytes of the frame's body, exactly; called before `write` for the same frame. */
  size({ message, sharedFilters }: DeliverFrame): number {
    let size = 1 + this.#messages.size(message) + varuintSize(sharedFilters.length)
    for (const filter of sharedFilters) size += prefixedSize(utf8Size(filter))
    return size
  }

  write(writer: ByteWriter, { ordinary, message, sharedFilters }: DeliverFrame): void {
    writer.boolean(ordinary)
    this.#messages.write(writer, message)
    writer.list(sharedFilters, writeString)
  }
}

/** Writes what follows the kind. */
export function writeBody(writer: ByteWriter, frame: LinkFrame): void {
  switch (frame.kind) {
    case 'deliver':
      writer.boolean(frame.ordinary)
      writeMessage(writer, frame.message)
      return writer.list(frame.sharedFilters, writeString)
    case 'routes':
      writer.varuint(frame.sequence)
      return writer.list(frame.changes, writeChange)
    case 'routes-known':
      return writer.varuint(frame.sequence)
    case 'queue-routes':
      writer.varuint(frame.sequence)
      return writeNews(writer, frame.news)
    case 'wake':
      return writer.list(frame.clientIds, writeString)
    case 'takeover':
    case 'yielded':
      writer.string(frame.clientId)
      return writer.varuint(frame.epoch)
    case 'hello':
      return writer.string(frame.address)
    default:
      return unreachable(frame)
  }
}

/** Reads what follows the kind; a deliver frame is read into `delivered`. */
export function readBody(kind: number, reader: ByteReader, delivered: ReceivedDeliver): LinkFrame {
  switch (kind) {
    case kindNumbers.deliver:
      delivered.read(reader)
      return delivered
    case kindNumbers.routes:
      return { kind: 'routes', sequence: reader.varuint(), changes: reader.list(readChange) }
    case kindNumbers['routes-known']:
      return { kind: 'routes-known', sequence: reader.varuint() }
    case kindNumbers['queue-routes']:
      return { kind: 'queue-routes', sequence: reader.varuint(), news: readNews(reader) }
    case kindNumbers.wake:
      return { kind: 'wake', clientIds: reader.list(readString) }
    case kindNumbers.takeover:
      return { kind: 'takeover', clientId: reader.string(), epoch: reader.varuint() }
    case kindNumbers.yielded:
      return { kind: 'yielded', clientId: reader.string(), epoch: reader.varuint() }
    case kindNumbers.hello:
      return { kind: 'hello', address: reader.string() }
    default:
      throw malformed(`unknown frame kind ${kind}`)
  }
}

function writeNews(writer: ByteWriter, news: SessionNews): void {
  writer.string(news.clientId)
  writer.varuint(news.epoch)
  writer.u8(sessionStates.indexOf(news.state))
  writer.list(news.put, writeSubscription)
  writer.list(news.removed, writeString)
}

function readNews(reader: ByteReader): SessionNews {
  return {
    clientId: reader.string(),
    epoch: reader.varuint(),
    state: readState(reader),
    put: reader.list(readSubscription),
    removed: reader.list(readString),
  }
}

function readState(reader: ByteReader): SessionState {
  const number = reader.u8()
  const state = sessionStates[number]
  if (state === undefined) throw malformed(`unknown session state ${number}`)
  return state
}

function writeChange(writer: ByteWriter, change: RouteChange): void {
  writer.string(change.topicFilter)
  writer.varuint(change.subscribers)
  writer.varuint(change.persistent)
}

function readChange(reader: ByteReader): RouteChange {
  return { topicFilter: reader.string(), subscribers: reader.varuint(), persistent: reader.varuint() }
}

function writeString(writer: ByteWriter, value: string): void {
  writer.string(value)
}

function readString(reader: ByteReader): string {
  return reader.string()
}

function unreachable(frame: never): never {
  throw new TypeError('no body for this kind of frame', { cause: frame })
}
