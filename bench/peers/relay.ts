/**
 * The least that can be called a broker: QoS 0, exact topics, no checks. It shows what the load generator can do and
 * what the machine allows; it is not a rival.
 */
import type { Socket } from 'node:net'
import { createServer } from 'node:net'
import type { PacketHandler } from '../load/packet-reader.ts'
import { PacketReader } from '../load/packet-reader.ts'
import type { Gathering } from '../load/turn.ts'
import { Turn } from '../load/turn.ts'

const SLAB_BYTES = 64 * 1024
const CONNACK = Buffer.of(0x20, 2, 0, 0)
const BACKLOG = 4_096

const turn = new Turn()
const receiversByTopic = new Map<string, RelayConnection[]>()

class RelayConnection implements PacketHandler, Gathering {
  inTurn = false
  readonly #socket: Socket
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
  #used = 0

  constructor(socket: Socket) {
    this.#socket = socket
    const reader = new PacketReader(this)
    socket.on('data', bytes => reader.push(bytes, 0, bytes.length))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#leave())
  }

  packet(firstByte: number, view: Uint8Array, start: number, end: number): void {
    const bytes = Buffer.from(view.buffer, view.byteOffset, view.length)
    const type = firstByte >> 4
    if (type === 3) this.#publish(bytes, start, end)
    else if (type === 1) this.#socket.write(CONNACK)
    else if (type === 8) this.#subscribe(bytes, start)
    else if (type === 14) this.#socket.end()
  }

  flush(): void {
    if (this.#used === 0) return
    this.#socket.write(this.#slab.subarray(0, this.#used))
    this.#used = 0
    if (this.#socket.writableLength > 0) this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
  }

  #append(bytes: Buffer, start: number, end: number): void {
    const length = end - start
    if (this.#used + length > SLAB_BYTES) this.flush()
    if (length > SLAB_BYTES) {
      this.#socket.write(Buffer.from(bytes.subarray(start, end)))
      return
    }
    bytes.copy(this.#slab, this.#used, start, end)
    this.#used += length
    turn.add(this)
  }

  #publish(bytes: Buffer, start: number, end: number): void {
    const length = end - start
    const headerBytes = length < 128 ? 2 : length < 16_384 ? 3 : length < 2_097_152 ? 4 : 5
    const topicName = bytes.toString('latin1', start + 2, start + 2 + bytes.readUInt16BE(start))
    for (const receiver of receiversByTopic.get(topicName) ?? []) receiver.#append(bytes, start - headerBytes, end)
  }

  #subscribe(bytes: Buffer, start: number): void {
    const topicName = bytes.toString('latin1', start + 4, start + 4 + bytes.readUInt16BE(start + 2))
    receiversByTopic.set(topicName, [...(receiversByTopic.get(topicName) ?? []), this])
    this.#socket.write(Buffer.of(0x90, 3, bytes[start] ?? 0, bytes[start + 1] ?? 0, 0))
  }

  #leave(): void {
    for (const [topicName, receivers] of receiversByTopic) {
      const others = receivers.filter(receiver => receiver !== this)
      if (others.length === 0) receiversByTopic.delete(topicName)
      else receiversByTopic.set(topicName, others)
    }
  }
}

createServer({ noDelay: true }, socket => new RelayConnection(socket)).listen({
  host: '127.0.0.1',
  port: Number(process.argv[2]),
  backlog: BACKLOG,
})
