/** Takes the packets that a `PacketReader` found. */
export interface PacketHandler {
  /**
   * One whole control packet: its first byte, and where what follows the fixed header begins and ends in `bytes`, which
   * are good until this returns.
   */
  packet(firstByte: number, bytes: Uint8Array, start: number, end: number): void
}

const HEADER_BYTES_MAX = 5
const PACKET_BYTES_MAX = 4 * 1024 * 1024

/** Cuts a stream of bytes into MQTT control packets; allocates only for packets that straddle two reads. */
export class PacketReader {
  readonly #handler: PacketHandler
  /** The beginning of a packet whose rest has not arrived. */
  #held = new Uint8Array(64)
  #heldBytes = 0

  constructor(handler: PacketHandler) {
    this.#handler = handler
  }

  push(bytes: Uint8Array, start: number, end: number): void {
    let at = this.#heldBytes > 0 ? this.#complete(bytes, start, end) : start
    while (at < end) {
      const headerBytes = fixedHeaderBytes(bytes, at, end)
      if (headerBytes === 0) break
      const bodyStart = at + headerBytes
      const next = bodyStart + remainingLength(bytes, at, headerBytes)
      if (next > end) break
      this.#handler.packet(bytes[at] ?? 0, bytes, bodyStart, next)
      at = next
    }
    if (at < end) this.#hold(bytes, at, end)
  }

  /** Goes on with the held packet; gives where the next one begins. */
  #complete(bytes: Uint8Array, start: number, end: number): number {
    let at = start
    let headerBytes = fixedHeaderBytes(this.#held, 0, this.#heldBytes)
    while (headerBytes === 0 && at < end) {
      this.#hold(bytes, at, at + 1)
      at += 1
      headerBytes = fixedHeaderBytes(this.#held, 0, this.#heldBytes)
    }
    if (headerBytes === 0) return end
    const packetBytes = headerBytes + remainingLength(this.#held, 0, headerBytes)
    const taken = Math.min(packetBytes - this.#heldBytes, end - at)
    this.#reserve(packetBytes)
    this.#hold(bytes, at, at + taken)
    if (this.#heldBytes < packetBytes) return end
    this.#heldBytes = 0
    this.#handler.packet(this.#held[0] ?? 0, this.#held, headerBytes, packetBytes)
    return at + taken
  }

  #hold(bytes: Uint8Array, start: number, end: number): void {
    this.#reserve(this.#heldBytes + end - start)
    this.#held.set(bytes.subarray(start, end), this.#heldBytes)
    this.#heldBytes += end - start
  }

  #reserve(size: number): void {
    if (size <= this.#held.length) return
    if (size > PACKET_BYTES_MAX) throw new Error(`a packet of more than ${PACKET_BYTES_MAX} bytes arrived`)
    const larger = new Uint8Array(Math.max(size, this.#held.length * 2))
    larger.set(this.#held.subarray(0, this.#heldBytes))
    this.#held = larger
  }
}

/** Length of the fixed header; 0 while it is not whole. */
function fixedHeaderBytes(bytes: Uint8Array, at: number, end: number): number {
  for (let length = 2; length <= HEADER_BYTES_MAX; length += 1) {
    if (at + length > end) return 0
    if ((bytes[at + length - 1] ?? 0) < 0x80) return length
  }
  throw new Error('the remaining length of a packet is malformed')
}

function remainingLength(bytes: Uint8Array, at: number, headerBytes: number): number {
  let length = 0
  for (let index = headerBytes - 1; index > 0; index -= 1) length = length * 128 + ((bytes[at + index] ?? 0) & 0x7f)
  return length
}
