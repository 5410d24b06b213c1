import { connect, type Socket } from 'node:net'
import path from 'node:path'
import type { LinkFrame } from '../../src/bus/frame-bodies.ts'
import { FRAME_BYTES_MAX, FrameDecoder, FrameEncoder } from '../../src/bus/frame-codec.ts'
import { HostBus } from '../../src/bus/host-bus.ts'
import { EndOfTick } from '../../src/core/end-of-tick.ts'
import { Message } from '../../src/core/message.ts'
import { RecordReader } from '../../src/core/record-reader.ts'
import type { WorkerAddress } from '../../src/ports/bus.ts'
import { SlabPool } from '../../src/protocol/slab-pool.ts'
import { FakeClock } from './fake-clock.ts'
import { keptFrame, type KeptDeliver, type KeptFrame } from './kept-frame.ts'
import { RecordingLog } from './recording-log.ts'
import { waitFor } from './wait-for.ts'

/** A frame and who sent it. */
export interface ReceivedFrame {
  readonly from: WorkerAddress
  readonly frame: KeptFrame
}

/** A bus of its own with everything that it reported. */
export class BusWorker {
  readonly bus: HostBus
  readonly clock: FakeClock
  readonly log: RecordingLog
  readonly frames: ReceivedFrame[] = []
  /** `+<address>` for a peer that came up, `-<address>` for one that went down. */
  readonly changes: string[] = []

  private constructor(bus: HostBus, clock: FakeClock, log: RecordingLog) {
    this.bus = bus
    this.clock = clock
    this.log = log
    bus.onFrame((from, frame) => this.frames.push({ from, frame: keptFrame(frame) }))
    bus.onPeer((peer, up) => this.changes.push(`${up ? '+' : '-'}${peer}`))
  }

  static async open(folder: string, number: number, waitingBytesMax?: number): Promise<BusWorker> {
    const clock = new FakeClock()
    const log = new RecordingLog()
    const bus = await HostBus.open({
      self: `node/${number}`,
      folder,
      clock,
      log,
      slabs: new SlabPool(),
      endOfTick: new EndOfTick(task => void setImmediate(task)),
      ...(waitingBytesMax === undefined ? {} : { waitingBytesMax }),
    })
    return new BusWorker(bus, clock, log)
  }

  /** Waits for a change to be reported, moving the clock on so that broken links are dialled again. */
  async reported(change: string, times = 1): Promise<void> {
    await waitFor(`${this.bus.self} to report ${change}`, () => {
      if (this.changes.filter(seen => seen === change).length >= times) return true
      this.clock.advance(10)
      return false
    })
  }
}

/** Workers `node/1` to `node/<count>`, all up for each other. */
export async function openMesh(folder: string, count: number): Promise<BusWorker[]> {
  const numbers = Array.from({ length: count }, (_, i) => i + 1)
  const workers = await Promise.all(numbers.map(number => BusWorker.open(folder, number)))
  const addresses = workers.map(worker => worker.bus.self)
  for (const worker of workers) worker.bus.setPeers(addresses)
  for (const worker of workers) {
    for (const address of addresses) if (address !== worker.bus.self) await worker.reported(`+${address}`)
  }
  return workers
}

/** A peer that a test moves byte by byte: the other end of one link. */
export class RawPeer {
  readonly socket: Socket
  readonly frames: LinkFrame[] = []
  closed = false

  constructor(socket: Socket) {
    this.socket = socket
    const decoder = new FrameDecoder()
    const reader = new RecordReader(FRAME_BYTES_MAX, (bytes, start, end) => {
      const frame = decoder.decode(bytes, start, end)
      this.frames.push(frame.kind === 'hello' ? frame : keptFrame(frame))
    })
    socket.on('data', chunk => reader.push(chunk))
    socket.on('error', () => {}) // how a link ends is what the tests look at
    socket.on('close', () => {
      this.closed = true
    })
  }

  /** Dials a worker the way a peer with a larger number does. */
  static dial(folder: string, number: number): RawPeer {
    return new RawPeer(connect(path.join(folder, `${number}.sock`)))
  }

  say(...frames: readonly LinkFrame[]): void {
    this.socket.write(bytesOf(...frames))
  }

  /** Greets the worker as `address` and waits for its answer. */
  async greet(address: WorkerAddress): Promise<void> {
    this.say({ kind: 'hello', address })
    await waitFor('the hello of the worker', () => this.frames.length > 0)
  }
}

/** The frames as they go over a link. */
export function bytesOf(...frames: readonly LinkFrame[]): Buffer {
  const encoder = new FrameEncoder()
  return Buffer.concat(frames.map(frame => Buffer.from(encoder.encode(frame))))
}

/** A message with this payload. */
export function messageWith(payload: Buffer | string, fields: Partial<Message> = {}): Message {
  return new Message({
    topicName: 'sensors/hall/temperature',
    payload: Buffer.from(payload),
    properties: Buffer.alloc(0),
    qos: 1,
    retain: false,
    expiresAtMs: 0,
    publisher: 'publisher-1',
    ...fields,
  })
}

/** A deliver frame for ordinary subscriptions. */
export function deliver(payload: Buffer | string): KeptDeliver {
  return { kind: 'deliver', message: messageWith(payload), ordinary: true, sharedFilters: [] }
}

/** The payloads of the deliver frames that were received, as text. */
export function payloads(frames: readonly ReceivedFrame[]): string[] {
  return frames.flatMap(({ frame }) => (frame.kind === 'deliver' ? [frame.message.payload.toString()] : []))
}
