import { ByteWriter } from '../../core/byte-codec.ts'
import { BrokerError } from '../../core/errors.ts'
import type { Message } from '../../core/message.ts'
import { messageSize, writeMessage } from '../../core/message-codec.ts'
import type { AppendResult, DeliveryOptions, QueueTarget, ReceivedMark, Wake } from '../../ports/store.ts'
import { deliveryCodec } from '../store-values.ts'
import { bytesIn, bytesOf, listIn, stringIn } from './replies.ts'

/** One append with everything that the script needs of it. */
export interface BatchedAppend {
  readonly targets: readonly QueueTarget[]
  readonly message: Message
  readonly received: ReceivedMark | undefined
}

/** `dropped` of a message whose publisher's session was claimed again. */
const STALE_RESULT = 0xffffffff
/** Of a batch: their number. */
const BATCH_BYTES = 4
/** Of a message: whether there is a mark, expiry, and the lengths of body and targets. */
const MESSAGE_BYTES = 1 + 8 + 4 + 4
/** Of a mark: the lengths of client and epoch, and the Packet Identifier. */
const MARK_BYTES = 4 + 4 + 4
/** Of a target: the lengths of client and delivery. */
const TARGET_BYTES = 4 + 4

const writer = new ByteWriter()

/** Bytes that an append takes in its batch. */
export function batchedSize({ targets, message, received }: BatchedAppend): number {
  let size = MESSAGE_BYTES + messageSize(message)
  if (received !== undefined) {
    size += MARK_BYTES + Buffer.byteLength(received.clientId) + String(received.epoch).length
  }
  for (const { clientId, delivery } of targets) {
    size += TARGET_BYTES + Buffer.byteLength(clientId) + deliveryBytes(delivery).length
  }
  return size
}

/** Packs appends that together take `size` bytes, for the append script. */
export function packBatch(appends: readonly BatchedAppend[], size: number): Buffer {
  const batch = Buffer.allocUnsafe(BATCH_BYTES + size)
  let at = batch.writeUInt32BE(appends.length, 0)
  const text = (value: string): void => {
    const length = batch.write(value, at + 4, 'utf8')
    at = batch.writeUInt32BE(length, at) + length
  }
  for (const { targets, message, received } of appends) {
    at = batch.writeUInt8(received === undefined ? 0 : 1, at)
    if (received !== undefined) {
      text(received.clientId)
      text(String(received.epoch))
      at = batch.writeUInt32BE(received.packetId, at)
    }
    at = batch.writeDoubleBE(message.expiresAtMs, at)
    at = batch.writeUInt32BE(messageSize(message), at)
    writeMessage(writer.into(batch, at), message)
    at = batch.writeUInt32BE(targets.length, writer.offset)
    for (const { clientId, delivery } of targets) {
      text(clientId)
      const bytes = deliveryBytes(delivery)
      at = batch.writeUInt32BE(bytes.length, at)
      at += bytes.copy(batch, at)
    }
  }
  return batch
}

/** What became of each append of a batch. */
export function readResults(
  appends: readonly BatchedAppend[],
  reply: unknown,
): readonly (AppendResult | BrokerError)[] {
  const [packed, ...names] = listIn(reply)
  const bytes = bytesIn(packed)
  const homes = names.map(stringIn)
  let at = 0
  return appends.map(({ targets }) => {
    const dropped = bytes.readUInt32BE(at)
    const wakeCount = bytes.readUInt32BE(at + 4)
    at += 8
    if (dropped === STALE_RESULT)
      return new BrokerError('STALE_EPOCH', 'the session of the publisher was claimed again')
    const wakes: Wake[] = []
    for (let wake = 0; wake < wakeCount; wake++, at += 8) {
      const target = targets[bytes.readUInt32BE(at)]
      const home = homes[bytes.readUInt32BE(at + 4) - 1]
      if (target !== undefined && home !== undefined) wakes.push({ clientId: target.clientId, home })
    }
    return { wakes, dropped }
  })
}

/** Without Subscription Identifiers, as most are: by QoS, then with RETAIN. */
const PLAIN_DELIVERIES: readonly Buffer[] = ([false, true] as const).flatMap(retain =>
  ([0, 1, 2] as const).map(qos => bytesOf(deliveryCodec, { qos, retain, subscriptionIdentifiers: [] })),
)

function deliveryBytes(delivery: DeliveryOptions): Buffer {
  const plain = delivery.subscriptionIdentifiers.length > 0 ? undefined : PLAIN_DELIVERIES[plainIndex(delivery)]
  return plain ?? bytesOf(deliveryCodec, delivery)
}

function plainIndex({ qos, retain }: DeliveryOptions): number {
  return retain ? qos + 3 : qos
}
