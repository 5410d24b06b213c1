import { type ByteReader, type ByteWriter, malformed } from '../../core/byte-codec.ts'
import { qosOf } from '../../core/message-codec.ts'
import type { Subscription } from '../../core/subscription.ts'
import type { DeliveryOptions, DueSession, Release, StoredWill } from '../../ports/store.ts'
import { listCodec, optionalCodec, stringCodec, varuintCodec } from '../codec.ts'
import { dueSessionCodec, optionalWillCodec, releaseCodec, subscriptionCodec } from '../store-values.ts'
import { sharedDelivery } from './shared-delivery.ts'

/** A session as the journal has it in one piece. */
export interface SessionRecord {
  /** Names the session in the operations; never used again, unlike a Client Identifier. */
  readonly number: number
  /** Raised each time the session is written in one piece: of two such records the later one counts. */
  readonly generation: number
  readonly clientId: string
  readonly owner: string
  readonly hold: Hold
  /** Undefined: a connection holds it. */
  readonly release: Release | undefined
  /** Newest position of the queue that may have been sent before that connection. */
  readonly sentUpTo: number
  /** Newest position that was ever given in its queue. */
  readonly lastPosition: number
  readonly subscriptions: readonly Subscription[]
  readonly receivedPacketIds: readonly number[]
}

/** What a claim brings. */
export interface Hold {
  readonly epoch: number
  readonly sessionExpiryIntervalSeconds: number
  readonly will: StoredWill | undefined
}

/** A message in one queue. */
export interface QueueReference {
  readonly session: number
  readonly position: number
  readonly released: boolean
  readonly delivery: DeliveryOptions
}

/** Whoever is told what the journal holds, in order. Sessions may be named that are not known (any more). */
export interface OperationSink {
  session(record: SessionRecord): void
  held(session: number, hold: Hold, sentUpTo: number): void
  letGo(session: number, release: Release): void
  willGone(session: number): void
  ended(session: number): void
  received(session: number, packetId: number, received: boolean): void
  subscribed(session: number, subscriptions: readonly Subscription[]): void
  unsubscribed(session: number, topicFilters: readonly string[]): void
  /** `length` bytes of the record's bodies are the message. */
  queued(length: number, expiresAtMs: number, references: readonly QueueReference[]): void
  released(session: number, position: number): void
  removed(session: number, positions: readonly number[]): void
  /** As of {@link OperationSink.queued}. */
  retained(length: number, expiresAtMs: number, topicName: string): void
  unretained(topicName: string): void
  /** Taken out of what is due; the change of its session is told of by itself. */
  taken(due: DueSession): void
  settled(ticket: number): void
}

const SESSION = 1
const HELD = 2
const LET_GO = 3
const WILL_GONE = 4
const ENDED = 5
const RECEIVED = 6
const SUBSCRIBED = 7
const UNSUBSCRIBED = 8
const QUEUED = 9
const RELEASED = 10
const REMOVED = 11
const RETAINED = 12
const UNRETAINED = 13
const TAKEN = 14
const SETTLED = 15

const optionalReleaseCodec = optionalCodec(releaseCodec)
const subscriptionsCodec = listCodec(subscriptionCodec)
const numbersCodec = listCodec(varuintCodec)
const stringsCodec = listCodec(stringCodec)

/** Bits of a reference's first byte; the QoS takes the lowest two. */
const RETAIN = 0x04
const IS_RELEASED = 0x08
const HAS_IDENTIFIERS = 0x10
const REFERENCE_FLAGS_MAX = 0x1f

export function writeSession(writer: ByteWriter, record: SessionRecord): void {
  writer.u8(SESSION)
  writer.varuint(record.number)
  writer.varuint(record.generation)
  writer.string(record.clientId)
  writer.string(record.owner)
  writeHold(writer, record.hold)
  optionalReleaseCodec.write(writer, record.release)
  writer.varuint(record.sentUpTo)
  writer.varuint(record.lastPosition)
  subscriptionsCodec.write(writer, record.subscriptions)
  numbersCodec.write(writer, record.receivedPacketIds)
}

export function writeHeld(writer: ByteWriter, session: number, hold: Hold, sentUpTo: number): void {
  writer.u8(HELD)
  writer.varuint(session)
  writeHold(writer, hold)
  writer.varuint(sentUpTo)
}

export function writeLetGo(writer: ByteWriter, session: number, release: Release): void {
  writer.u8(LET_GO)
  writer.varuint(session)
  releaseCodec.write(writer, release)
}

export function writeWillGone(writer: ByteWriter, session: number): void {
  writer.u8(WILL_GONE)
  writer.varuint(session)
}

export function writeEnded(writer: ByteWriter, session: number): void {
  writer.u8(ENDED)
  writer.varuint(session)
}

export function writeReceived(writer: ByteWriter, session: number, packetId: number, received: boolean): void {
  writer.u8(RECEIVED)
  writer.varuint(session)
  writer.varuint(packetId)
  writer.boolean(received)
}

export function writeSubscribed(writer: ByteWriter, session: number, subscriptions: readonly Subscription[]): void {
  writer.u8(SUBSCRIBED)
  writer.varuint(session)
  subscriptionsCodec.write(writer, subscriptions)
}

export function writeUnsubscribed(writer: ByteWriter, session: number, topicFilters: readonly string[]): void {
  writer.u8(UNSUBSCRIBED)
  writer.varuint(session)
  stringsCodec.write(writer, topicFilters)
}

/** The body is added to the batch before. */
export function writeQueued(
  writer: ByteWriter,
  length: number,
  expiresAtMs: number,
  references: readonly QueueReference[],
): void {
  writer.u8(QUEUED)
  writer.varuint(length)
  writer.varuint(expiresAtMs)
  writer.list(references, writeReference)
}

export function writeReleased(writer: ByteWriter, session: number, position: number): void {
  writer.u8(RELEASED)
  writer.varuint(session)
  writer.varuint(position)
}

export function writeRemoved(writer: ByteWriter, session: number, positions: readonly number[]): void {
  writer.u8(REMOVED)
  writer.varuint(session)
  numbersCodec.write(writer, positions)
}

/** The body is added to the batch before. */
export function writeRetained(writer: ByteWriter, length: number, expiresAtMs: number, topicName: string): void {
  writer.u8(RETAINED)
  writer.varuint(length)
  writer.varuint(expiresAtMs)
  writer.string(topicName)
}

export function writeUnretained(writer: ByteWriter, topicName: string): void {
  writer.u8(UNRETAINED)
  writer.string(topicName)
}

export function writeTaken(writer: ByteWriter, due: DueSession): void {
  writer.u8(TAKEN)
  dueSessionCodec.write(writer, due)
}

export function writeSettled(writer: ByteWriter, ticket: number): void {
  writer.u8(SETTLED)
  writer.varuint(ticket)
}

/** Reads `count` operations and tells `sink` of each. */
export function readOperations(reader: ByteReader, count: number, sink: OperationSink): void {
  for (let i = 0; i < count; i++) readOperation(reader, sink)
  reader.finish()
}

function readOperation(reader: ByteReader, sink: OperationSink): void {
  const kind = reader.u8()
  switch (kind) {
    case SESSION:
      return sink.session(readSession(reader))
    case HELD:
      return sink.held(reader.varuint(), readHold(reader), reader.varuint())
    case LET_GO:
      return sink.letGo(reader.varuint(), releaseCodec.read(reader))
    case WILL_GONE:
      return sink.willGone(reader.varuint())
    case ENDED:
      return sink.ended(reader.varuint())
    case RECEIVED:
      return sink.received(reader.varuint(), reader.varuint(), reader.boolean())
    case SUBSCRIBED:
      return sink.subscribed(reader.varuint(), subscriptionsCodec.read(reader))
    case UNSUBSCRIBED:
      return sink.unsubscribed(reader.varuint(), stringsCodec.read(reader))
    case QUEUED:
      return sink.queued(reader.varuint(), reader.varuint(), reader.list(readReference))
    case RELEASED:
      return sink.released(reader.varuint(), reader.varuint())
    case REMOVED:
      return sink.removed(reader.varuint(), numbersCodec.read(reader))
    case RETAINED:
      return sink.retained(reader.varuint(), reader.varuint(), reader.string())
    case UNRETAINED:
      return sink.unretained(reader.string())
    case TAKEN:
      return sink.taken(dueSessionCodec.read(reader))
    case SETTLED:
      return sink.settled(reader.varuint())
    default:
      throw malformed(`unknown operation ${kind}`)
  }
}

function readSession(reader: ByteReader): SessionRecord {
  return {
    number: reader.varuint(),
    generation: reader.varuint(),
    clientId: reader.string(),
    owner: reader.string(),
    hold: readHold(reader),
    release: optionalReleaseCodec.read(reader),
    sentUpTo: reader.varuint(),
    lastPosition: reader.varuint(),
    subscriptions: subscriptionsCodec.read(reader),
    receivedPacketIds: numbersCodec.read(reader),
  }
}

function writeHold(writer: ByteWriter, hold: Hold): void {
  writer.varuint(hold.epoch)
  writer.varuint(hold.sessionExpiryIntervalSeconds)
  optionalWillCodec.write(writer, hold.will)
}

function readHold(reader: ByteReader): Hold {
  return {
    epoch: reader.varuint(),
    sessionExpiryIntervalSeconds: reader.varuint(),
    will: optionalWillCodec.read(reader),
  }
}

function writeReference(writer: ByteWriter, reference: QueueReference): void {
  const { qos, retain, subscriptionIdentifiers } = reference.delivery
  const hasIdentifiers = subscriptionIdentifiers.length > 0
  writer.u8(
    qos | (retain ? RETAIN : 0) | (reference.released ? IS_RELEASED : 0) | (hasIdentifiers ? HAS_IDENTIFIERS : 0),
  )
  writer.varuint(reference.session)
  writer.varuint(reference.position)
  if (hasIdentifiers) numbersCodec.write(writer, subscriptionIdentifiers)
}

function readReference(reader: ByteReader): QueueReference {
  const flags = reader.u8()
  if (flags > REFERENCE_FLAGS_MAX) throw malformed('unknown flags of a queue')
  const session = reader.varuint()
  const position = reader.varuint()
  const delivery: DeliveryOptions = {
    qos: qosOf(flags & 3),
    retain: (flags & RETAIN) !== 0,
    subscriptionIdentifiers: (flags & HAS_IDENTIFIERS) === 0 ? [] : numbersCodec.read(reader),
  }
  return { session, position, released: (flags & IS_RELEASED) !== 0, delivery: sharedDelivery(delivery) }
}
