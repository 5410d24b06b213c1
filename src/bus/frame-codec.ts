import assert from 'node:assert/strict'
import { ByteReader, ByteWriter, malformed } from '../core/byte-codec.ts'
import { BrokerError } from '../core/errors.ts'
import type { DeliverFrame } from '../core/frame.ts'
import type { OutBuffer } from '../protocol/out-buffer.ts'
import { DeliverBodies, kindNumber, type LinkFrame, readBody, writeBody } from './frame-bodies.ts'
import { ReceivedDeliver } from './received-deliver.ts'

/** Raised when a frame's bytes change their meaning. */
export const FRAME_VERSION = 2
/** The largest packet of MQTT, and room for names and filters around it. */
export const FRAME_BYTES_MAX: number = 268_435_455 + 16 * 1024 * 1024

const LENGTH_BYTES = 4
/** Version and kind. */
const HEAD_BYTES = 2

/** Frame to bytes: a u32 length of what follows, a u8 version, a u8 kind, the body. */
export class FrameEncoder {
  readonly #writer = new ByteWriter()
  readonly #deliverBodies = new DeliverBodies()

  /** Appends a frame to what leaves with the tick. A frame past the bound is a `BUS_PROTOCOL` error, and not sent. */
  write(out: OutBuffer, frame: LinkFrame): void {
    if (frame.kind === 'deliver') return this.#writeDeliver(out, frame)
    const bytes = this.encode(frame)
    out.append(bytes, 0, bytes.length)
  }

  /** A frame's bytes, valid until the next call. */
  encode(frame: LinkFrame): Buffer {
    const writer = this.#writer.start()
    writer.u32(0)
    this.#writeRest(frame)
    const length = writer.offset - LENGTH_BYTES
    checkLength(length)
    writer.buffer.writeUInt32BE(length, 0)
    return writer.buffer.subarray(0, writer.offset)
  }

  /** The hot path: the size is known beforehand, so the frame is written where it leaves from. */
  #writeDeliver(out: OutBuffer, frame: DeliverFrame): void {
    const length = HEAD_BYTES + this.#deliverBodies.size(frame)
    checkLength(length)
    const offset = out.reserve(LENGTH_BYTES + length)
    const writer = this.#writer.into(out.slab, offset)
    writer.u32(length)
    writer.u8(FRAME_VERSION)
    writer.u8(kindNumber(frame))
    this.#deliverBodies.write(writer, frame)
    assert(writer.buffer === out.slab && writer.offset === out.length, 'a deliver frame has the size it was given')
  }

  #writeRest(frame: LinkFrame): void {
    this.#writer.u8(FRAME_VERSION)
    this.#writer.u8(kindNumber(frame))
    writeBody(this.#writer, frame)
  }
}

/** Bytes to frame; the stream is cut into records beforehand. */
export class FrameDecoder {
  readonly #reader = new ByteReader()
  readonly #delivered = new ReceivedDeliver()

  /**
   * Decodes `bytes[start, end)`, which follow the length. What is not a frame of this version is a `BUS_PROTOCOL` error.
   * A deliver frame lies in `bytes` and is the same object each time: valid until the next call, and as long as `bytes` are.
   */
  decode(bytes: Buffer, start: number, end: number): LinkFrame {
    const reader = this.#reader.over(bytes, start, end)
    const version = reader.u8()
    if (version !== FRAME_VERSION)
      throw malformed(`unknown frame version ${version}, this worker speaks ${FRAME_VERSION}`)
    const frame = readBody(reader.u8(), reader, this.#delivered)
    reader.finish()
    return frame
  }
}

function checkLength(length: number): void {
  if (length <= FRAME_BYTES_MAX) return
  throw new BrokerError('BUS_PROTOCOL', `a frame of ${length} bytes is longer than the ${FRAME_BYTES_MAX} allowed`)
}
