/**
 * Cuts a stream of bytes into MQTT packets by their Remaining Length and nothing else. mqtt-packet is then given one
 * whole packet at a time: it trips over some that are followed by another.
 */
export class FrameSplitter {
  #held: Buffer = Buffer.alloc(0)

  /** The packets that are complete with these bytes. */
  push(bytes: Buffer): readonly Buffer[] {
    this.#held = this.#held.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#held, bytes])
    const frames: Buffer[] = []
    let start = 0
    for (;;) {
      const end = packetEnd(this.#held, start)
      if (end === undefined || end > this.#held.length) break
      frames.push(this.#held.subarray(start, end))
      start = end
    }
    this.#held = this.#held.subarray(start)
    return frames
  }
}

/** The offset behind the packet that starts at `start`, or undefined while its Remaining Length is not complete. */
function packetEnd(bytes: Buffer, start: number): number | undefined {
  let length = 0
  for (let index = 0; index < 4; index++) {
    const byte = bytes[start + 1 + index]
    if (byte === undefined) return undefined
    length += (byte & 0x7f) * 128 ** index
    if (byte < 0x80) return start + 2 + index + length
  }
  throw new Error('a Remaining Length of more than four bytes')
}
