const BINARY = 0x82
const OPCODE_MASK = 0x0f
const OPCODE_CLOSE = 8
const MASKED = 0x80
/** A key of zeros leaves the payload as it is: valid on the wire, and the load generator need not mask. */
const MASK_KEY = Buffer.alloc(4)

/** The HTTP request that opens a WebSocket for MQTT. */
export function upgradeRequest(host: string, port: number): Buffer {
  return Buffer.from(
    [
      'GET /mqtt HTTP/1.1',
      `Host: ${host}:${port}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Key: Z3VhcmRiZWUtYmVuY2gtMQ==',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Protocol: mqtt',
      '\r\n',
    ].join('\r\n'),
  )
}

/** One binary frame of a client around a packet. */
export function clientFrame(payload: Buffer): Buffer {
  return Buffer.concat([frameHeader(payload.length), MASK_KEY, payload])
}

function frameHeader(payloadBytes: number): Buffer {
  if (payloadBytes < 126) return Buffer.of(BINARY, MASKED | payloadBytes)
  if (payloadBytes < 65_536) {
    const header = Buffer.of(BINARY, MASKED | 126, 0, 0)
    header.writeUInt16BE(payloadBytes, 2)
    return header
  }
  const header = Buffer.alloc(10)
  header.set([BINARY, MASKED | 127])
  header.writeUInt32BE(payloadBytes, 6)
  return header
}

/** Takes what a `FrameReader` finds. */
export interface FrameHandler {
  /** A part of the payload of a data frame, in order. */
  payload(bytes: Uint8Array, start: number, end: number): void
  closed(): void
}

/** Reads the frames of a server and hands on their payloads without copying them. */
export class FrameReader {
  readonly #handler: FrameHandler
  readonly #header = new Uint8Array(10)
  #headerBytes = 0
  #payloadLeft = 0
  #isData = true

  constructor(handler: FrameHandler) {
    this.#handler = handler
  }

  push(bytes: Uint8Array, start: number, end: number): void {
    let at = start
    while (at < end) {
      if (this.#payloadLeft === 0) {
        at = this.#readHeader(bytes, at, end)
        continue
      }
      const taken = Math.min(this.#payloadLeft, end - at)
      this.#payloadLeft -= taken
      if (this.#isData) this.#handler.payload(bytes, at, at + taken)
      at += taken
    }
  }

  #readHeader(bytes: Uint8Array, start: number, end: number): number {
    let at = start
    while (at < end && this.#headerBytes < this.#headerBytesWanted()) {
      this.#header[this.#headerBytes] = bytes[at] ?? 0
      this.#headerBytes += 1
      at += 1
    }
    if (this.#headerBytes === this.#headerBytesWanted()) this.#begin()
    return at
  }

  #headerBytesWanted(): number {
    if (this.#headerBytes < 2) return 2
    const length = this.#header[1] ?? 0
    return length < 126 ? 2 : length === 126 ? 4 : 10
  }

  #begin(): void {
    const opcode = (this.#header[0] ?? 0) & OPCODE_MASK
    const lengthBytes = this.#header.subarray(this.#headerBytes === 2 ? 1 : 2, this.#headerBytes)
    this.#payloadLeft = lengthBytes.reduce((length, byte) => length * 256 + byte, 0)
    this.#headerBytes = 0
    this.#isData = opcode < OPCODE_CLOSE
    // Pings are left without an answer: a run is over before the server could miss it.
    if (opcode === OPCODE_CLOSE) this.#handler.closed()
  }
}
