import type { PublishFields } from './packets.ts'
import { encodePublish } from './packets.ts'
import { stampMessage, stampPublisher } from './stamp.ts'

/** What a block of PUBLISH packets is made of. */
export interface BlockFields extends PublishFields {
  readonly publisher: number
  /** How many topics the publisher goes round; more than 1 writes the number into the last level of the topic. */
  readonly topicsPerPublisher: number
  /** At most so many packets are sent at once. */
  readonly packetsMax: number
}

const BLOCK_BYTES_MAX = 128 * 1024
const TOPIC_DIGITS = 6

/** The most topics one publisher can go round. */
export const TOPICS_MAX = 10 ** TOPIC_DIGITS

/** The topic name of a block, with room for the number of the topic. */
export function blockTopicName(base: string, topicsPerPublisher: number): string {
  return topicsPerPublisher > 1 ? `${base}/${'0'.repeat(TOPIC_DIGITS)}` : base
}

/** PUBLISH packets one after another, encoded ahead: sending some is to stamp them and write one slice. */
export class PublishBlock {
  readonly capacity: number
  readonly #bytes: Buffer
  readonly #packetBytes: number
  readonly #packetIdOffset: number
  readonly #payloadOffset: number
  readonly #qos: number
  readonly #topics: number
  readonly #topicEnd: number

  constructor(fields: BlockFields, framed: (packet: Buffer) => Buffer) {
    const publish = encodePublish(fields)
    const packet = framed(publish.bytes)
    const frameBytes = packet.length - publish.bytes.length
    this.#packetBytes = packet.length
    this.#packetIdOffset = frameBytes + publish.packetIdOffset
    this.#payloadOffset = frameBytes + publish.payloadOffset
    this.#qos = fields.qos
    this.#topics = fields.topicsPerPublisher
    this.#topicEnd = this.#packetIdOffset
    this.capacity = Math.max(1, Math.min(fields.packetsMax, Math.floor(BLOCK_BYTES_MAX / packet.length)))
    stampPublisher(packet, this.#payloadOffset, fields.publisher)
    this.#bytes = Buffer.concat(Array.from({ length: this.capacity }, () => packet))
  }

  /** Makes the packet in this place the one with this sequence number. */
  stamp(place: number, sequence: number, timeMicroseconds: number): void {
    const at = place * this.#packetBytes
    if (this.#qos > 0) this.#stampPacketId(at + this.#packetIdOffset, packetIdOf(sequence))
    if (this.#topics > 1) this.#stampTopic(at + this.#topicEnd, sequence % this.#topics)
    stampMessage(this.#bytes, at + this.#payloadOffset, sequence, timeMicroseconds)
  }

  /** The first packets, as the transport sends them. */
  slice(packets: number): Uint8Array {
    return this.#bytes.subarray(0, packets * this.#packetBytes)
  }

  #stampPacketId(at: number, packetId: number): void {
    this.#bytes[at] = packetId >>> 8
    this.#bytes[at + 1] = packetId
  }

  #stampTopic(end: number, topic: number): void {
    let rest = topic
    for (let at = end - 1; at >= end - TOPIC_DIGITS; at -= 1) {
      this.#bytes[at] = 0x30 + (rest % 10)
      rest = Math.floor(rest / 10)
    }
  }
}

// Unused again long before they come round: a publisher has at most half of them in flight.
function packetIdOf(sequence: number): number {
  return (sequence % 65_535) + 1
}
