import { type ByteReader, type ByteWriter, malformed } from '../core/byte-codec.ts'
import type { Message } from '../core/message.ts'
import { qosOf, readMessage, readSubscription, writeMessage, writeSubscription } from '../core/message-codec.ts'
import type { Subscription } from '../core/subscription.ts'
import type {
  AppendResult,
  ClaimResult,
  DeliveryOptions,
  DueSession,
  DueWill,
  OwnedSubscription,
  QueuedMessage,
  QueueTarget,
  ReceivedMark,
  Release,
  SessionClaim,
  StoredWill,
  Wake,
} from '../ports/store.ts'
import {
  type AnswerCodec,
  type Codec,
  listCodec,
  numberCodec,
  optionalCodec,
  stringCodec,
  varuintCodec,
} from './codec.ts'
import { type AnswerMessage, type AnswerQueued, writeAnswerMessage } from './raw-reads.ts'

export const messageCodec: Codec<Message> = { write: writeMessage, read: readMessage }
export const subscriptionCodec: Codec<Subscription> = { write: writeSubscription, read: readSubscription }
const subscriptionsCodec = listCodec(subscriptionCodec)
const optionalNumberCodec = optionalCodec(numberCodec)
const optionalStringCodec = optionalCodec(stringCodec)
const numbersCodec = listCodec(varuintCodec)

export const willCodec: Codec<StoredWill> = {
  write(writer, will) {
    writeMessage(writer, will.message)
    writer.varuint(will.delayIntervalSeconds)
    optionalNumberCodec.write(writer, will.messageExpiryIntervalSeconds)
  },
  read: reader => ({
    message: readMessage(reader),
    delayIntervalSeconds: reader.varuint(),
    messageExpiryIntervalSeconds: optionalNumberCodec.read(reader),
  }),
}
export const optionalWillCodec: Codec<StoredWill | undefined> = optionalCodec(willCodec)

export const releaseCodec: Codec<Release> = {
  write(writer, release) {
    numberCodec.write(writer, release.expiresAtMs)
    optionalNumberCodec.write(writer, release.willDueAtMs)
    writer.varuint(release.sentUpTo)
  },
  read: reader => ({
    expiresAtMs: numberCodec.read(reader),
    willDueAtMs: optionalNumberCodec.read(reader),
    sentUpTo: reader.varuint(),
  }),
}

export const claimCodec: Codec<SessionClaim> = {
  write(writer, claim) {
    writer.string(claim.clientId)
    writer.string(claim.home)
    writer.boolean(claim.cleanStart)
    writer.string(claim.owner)
    writer.varuint(claim.sessionExpiryIntervalSeconds)
    optionalWillCodec.write(writer, claim.will)
  },
  read: reader => ({
    clientId: reader.string(),
    home: reader.string(),
    cleanStart: reader.boolean(),
    owner: reader.string(),
    sessionExpiryIntervalSeconds: reader.varuint(),
    will: optionalWillCodec.read(reader),
  }),
}

const dueWillCodec: Codec<DueWill> = {
  write(writer, { ticket, will }) {
    writer.varuint(ticket)
    willCodec.write(writer, will)
  },
  read: reader => ({ ticket: reader.varuint(), will: willCodec.read(reader) }),
}
const optionalDueWillCodec = optionalCodec(dueWillCodec)

export const claimResultCodec: Codec<ClaimResult> = {
  write(writer, result) {
    writer.boolean(result.kind === 'claimed')
    if (result.kind !== 'claimed') return
    writer.varuint(result.epoch)
    writer.boolean(result.persistentBefore)
    writer.boolean(result.present)
    optionalStringCodec.write(writer, result.previousHome)
    subscriptionsCodec.write(writer, result.subscriptions)
    numbersCodec.write(writer, result.receivedPacketIds)
    writer.varuint(result.sentUpTo)
    optionalDueWillCodec.write(writer, result.dueWill)
  },
  read(reader) {
    if (!reader.boolean()) return { kind: 'owned-by-another' }
    return {
      kind: 'claimed',
      epoch: reader.varuint(),
      persistentBefore: reader.boolean(),
      present: reader.boolean(),
      previousHome: optionalStringCodec.read(reader),
      subscriptions: subscriptionsCodec.read(reader),
      receivedPacketIds: numbersCodec.read(reader),
      sentUpTo: reader.varuint(),
      dueWill: optionalDueWillCodec.read(reader),
    }
  },
}

export const dueSessionCodec: Codec<DueSession> = {
  write(writer, due) {
    writer.varuint(due.ticket)
    writer.string(due.clientId)
    writer.varuint(due.epoch)
    optionalWillCodec.write(writer, due.will)
    writer.boolean(due.expired)
  },
  read: reader => ({
    ticket: reader.varuint(),
    clientId: reader.string(),
    epoch: reader.varuint(),
    will: optionalWillCodec.read(reader),
    expired: reader.boolean(),
  }),
}

export const ownedSubscriptionCodec: Codec<OwnedSubscription> = {
  write(writer, owned) {
    writer.string(owned.clientId)
    writer.varuint(owned.epoch)
    writeSubscription(writer, owned.subscription)
  },
  read: reader => ({ clientId: reader.string(), epoch: reader.varuint(), subscription: readSubscription(reader) }),
}

export const targetCodec: Codec<QueueTarget> = {
  write(writer, target) {
    writer.string(target.clientId)
    writeDelivery(writer, target.delivery)
  },
  read: reader => ({ clientId: reader.string(), delivery: readDelivery(reader) }),
}

export const receivedMarkCodec: Codec<ReceivedMark> = {
  write(writer, mark) {
    writer.string(mark.clientId)
    writer.varuint(mark.epoch)
    writer.varuint(mark.packetId)
  },
  read: reader => ({ clientId: reader.string(), epoch: reader.varuint(), packetId: reader.varuint() }),
}

/** A wake; a position of 0 stands for none. */
export const wakeCodec: Codec<Wake> = {
  write(writer, { clientId, home, position }) {
    writer.string(clientId)
    writer.string(home)
    writer.varuint(position ?? 0)
  },
  read(reader) {
    const clientId = reader.string()
    const home = reader.string()
    const position = reader.varuint()
    return position === 0 ? { clientId, home } : { clientId, home, position }
  },
}
const wakesCodec = listCodec(wakeCodec)

export const appendResultCodec: Codec<AppendResult> = {
  write(writer, result) {
    wakesCodec.write(writer, result.wakes)
    writer.varuint(result.dropped)
  },
  read: reader => ({ wakes: wakesCodec.read(reader), dropped: reader.varuint() }),
}

/** Bits of a queued message's first byte. */
const RELEASED = 0x01
const MORE_FOLLOW = 0x02
const QUEUED_FLAGS_MAX = 0x03

export const answerQueuedCodec: AnswerCodec<AnswerQueued, QueuedMessage> = {
  write(writer, queued) {
    writer.varuint(queued.position)
    writer.u8((queued.released ? RELEASED : 0) | (queued.moreFollow === true ? MORE_FOLLOW : 0))
    writeDelivery(writer, queued.delivery)
    writeAnswerMessage(writer, queued.message)
  },
  read(reader) {
    const position = reader.varuint()
    const flags = reader.u8()
    if (flags > QUEUED_FLAGS_MAX) throw malformed('unknown flags of a queued message')
    const delivery = readDelivery(reader)
    const message = readMessage(reader)
    const queued = { position, message, released: (flags & RELEASED) !== 0, delivery }
    return (flags & MORE_FOLLOW) === 0 ? queued : { ...queued, moreFollow: true }
  },
}

/** A message of an answer. */
export const answerMessageCodec: AnswerCodec<AnswerMessage, Message> = { write: writeAnswerMessage, read: readMessage }

/** The RETAIN flag of a delivery, beside its QoS in the lowest two bits. */
const RETAIN = 0x04
const DELIVERY_FLAGS_MAX = 0x07

/** How a message goes to one subscriber. */
export const deliveryCodec: Codec<DeliveryOptions> = { write: writeDelivery, read: readDelivery }

function writeDelivery(writer: ByteWriter, delivery: DeliveryOptions): void {
  writer.u8(delivery.qos | (delivery.retain ? RETAIN : 0))
  numbersCodec.write(writer, delivery.subscriptionIdentifiers)
}

function readDelivery(reader: ByteReader): DeliveryOptions {
  const flags = reader.u8()
  if (flags > DELIVERY_FLAGS_MAX) throw malformed('unknown delivery flags')
  return {
    qos: qosOf(flags & 3),
    retain: (flags & RETAIN) !== 0,
    subscriptionIdentifiers: numbersCodec.read(reader),
  }
}
