import { malformed } from '../../core/byte-codec.ts'
import type { WorkerAddress } from '../../ports/bus.ts'

/** Raised when the bytes of a batch change their meaning; version, kind and sender stay where they are for ever. */
export const BATCH_VERSION = 1

/** What a batch is; a number is never given to another kind. */
export const BatchKind = {
  /** Who is there? Says which link it would open; its number is the version of the frames. */
  Hello: 1,
  /** As a hello, from a worker for which the link is up already. */
  Welcome: 2,
  /** A piece of the stream of frames that must arrive; its number counts such pieces from 1. */
  Reliable: 3,
  /** QoS 0 messages, beginning with a whole frame; its number is the bytes sent before it. */
  Loose: 4,
  /** The rest of a frame that was too long for one loose batch. */
  LooseRest: 5,
  /** Only says what has arrived. */
  Acknowledgement: 6,
  /** The same, and that everything after it is missing. */
  Gap: 7,
  /** The sender leaves for good. */
  Bye: 8,
  /** To oneself: what is published still comes back. */
  Pulse: 9,
} as const

const FROM_OFFSET = 3
const NUMBER_BYTES = 6
/** Two link numbers, and three numbers of 48 bits. */
const REST_BYTES = 2 * 4 + 3 * NUMBER_BYTES

/** The head of a batch, one after the other: a reader has one of these only. */
export class BatchHead {
  version = 0
  kind = 0
  from: WorkerAddress = ''
  /** The sender's number for the link, and the one of the receiver as far as the sender knows it, else 0. */
  link = 0
  peerLink = 0
  number = 0
  /** The last reliable batch that the sender has of the receiver; the loose bytes it has seen. */
  reliableSeen = 0
  looseSeen = 0
  /** Where the body begins. */
  end = 0

  /** Reads version, kind and sender, which every version has at the same place. */
  readSender(bytes: Buffer): void {
    this.from = ''
    const fromBytes = bytes[2] ?? 0
    this.end = FROM_OFFSET + fromBytes
    if (bytes.length < this.end || fromBytes === 0) throw malformed('a batch that does not say who sent it')
    this.version = bytes[0] ?? 0
    this.kind = bytes[1] ?? 0
    this.from = bytes.toString('latin1', FROM_OFFSET, this.end)
  }

  /** Reads what follows the sender, which must be of this version. */
  readRest(bytes: Buffer): void {
    const start = this.end
    if (bytes.length < start + REST_BYTES) throw malformed('a batch that ends within its head')
    this.link = bytes.readUInt32BE(start)
    this.peerLink = bytes.readUInt32BE(start + 4)
    this.number = bytes.readUIntBE(start + 8, NUMBER_BYTES)
    this.reliableSeen = bytes.readUIntBE(start + 14, NUMBER_BYTES)
    this.looseSeen = bytes.readUIntBE(start + 20, NUMBER_BYTES)
    this.end = start + REST_BYTES
  }
}

/** The constant part of the heads of one worker's batches. */
export class BatchStamp {
  /** Bytes that a head takes. */
  readonly bytes: number
  readonly #sender: Buffer

  constructor(self: WorkerAddress) {
    this.#sender = Buffer.from(self, 'latin1')
    if (this.#sender.length === 0 || this.#sender.length > 255) throw new TypeError(`not a worker address: ${self}`)
    this.bytes = FROM_OFFSET + this.#sender.length + REST_BYTES
  }

  /** Writes a head at the beginning of `bytes`. */
  write(
    bytes: Buffer,
    kind: number,
    link: number,
    peerLink: number,
    number: number,
    reliableSeen: number,
    looseSeen: number,
  ): void {
    bytes[0] = BATCH_VERSION
    bytes[1] = kind
    bytes[2] = this.#sender.length
    this.#sender.copy(bytes, FROM_OFFSET)
    const start = FROM_OFFSET + this.#sender.length
    bytes.writeUInt32BE(link, start)
    bytes.writeUInt32BE(peerLink, start + 4)
    bytes.writeUIntBE(number, start + 8, NUMBER_BYTES)
    bytes.writeUIntBE(reliableSeen, start + 14, NUMBER_BYTES)
    bytes.writeUIntBE(looseSeen, start + 20, NUMBER_BYTES)
  }
}
