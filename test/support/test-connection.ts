import type { EndOfTick, Flushable } from '../../src/core/end-of-tick.ts'
import type { Connection, ConnectionHandler, ListenerIdentity } from '../../src/ports/connection.ts'
import { OutBuffer, type OutBufferOwner } from '../../src/protocol/out-buffer.ts'
import { SlabPool } from '../../src/protocol/slab-pool.ts'

const LISTENER: ListenerIdentity = { name: 'tcp-listener-1883', transport: 'tcp', port: 1883 }

/** The client's side of a {@link TestConnection}. */
export interface FarEnd {
  /** Bytes from the broker, valid during the call only. */
  arrived(bytes: Buffer): void
  /** The broker has closed the connection. */
  closed(): void
}

/** A connection without a network: a test says when the far end reads and when it goes. */
export class TestConnection implements Connection, OutBufferOwner, Flushable {
  readonly listener: ListenerIdentity = LISTENER
  readonly remoteAddress = '192.0.2.1'
  readonly remotePort = 40_000
  readonly out: OutBuffer = new OutBuffer(this, new SlabPool())
  /** Writes that the far end was sent. */
  writes = 0
  paused = false
  /** Whether the far end reads what it is sent. */
  reading = true
  open = true
  readonly #endOfTick: EndOfTick
  readonly #farEnd: FarEnd
  readonly #unread: Buffer[] = []
  #handler: ConnectionHandler | undefined = undefined

  constructor(endOfTick: EndOfTick, farEnd: FarEnd) {
    this.#endOfTick = endOfTick
    this.#farEnd = farEnd
  }

  get pendingBytes(): number {
    return this.#unread.reduce((sum, bytes) => sum + bytes.length, 0)
  }

  introduce(handler: ConnectionHandler): void {
    this.#handler = handler
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }

  end(): void {
    this.out.flush()
    this.destroy()
  }

  destroy(): void {
    if (!this.open) return
    this.open = false
    this.#farEnd.closed()
    // A transport never says so within the call.
    queueMicrotask(() => this.#handler?.closed())
  }

  /** The far end has sent `bytes`. */
  receive(bytes: Buffer): void {
    if (!this.open) return
    // What is kept of a read buffer beyond the call shows.
    const readBuffer = Buffer.concat([Buffer.from('?'), bytes, Buffer.from('?')])
    this.#handler?.received(readBuffer, 1, readBuffer.length - 1)
    readBuffer.fill('?')
  }

  /** The far end is gone without a word. */
  lose(): void {
    if (!this.open) return
    this.open = false
    this.#handler?.closed()
  }

  /** The far end reads again, first what has waited. */
  readOn(): void {
    this.reading = true
    const waited = this.#unread.length > 0
    this.#read()
    if (waited && this.open) this.#handler?.drained()
  }

  gathering(): void {
    this.#endOfTick.add(this)
  }

  flush(): void {
    this.out.flush()
  }

  send(slab: Buffer, length: number): void {
    if (!this.open) return
    this.writes++
    this.#unread.push(Buffer.from(slab.subarray(0, length)))
    // What arrives may be answered, and the answer by more: that comes behind what is read now.
    if (this.reading && this.#unread.length === 1) this.#read()
  }

  #read(): void {
    for (let bytes = this.#unread[0]; bytes !== undefined; bytes = this.#unread[0]) {
      this.#farEnd.arrived(bytes)
      this.#unread.shift()
    }
  }
}
