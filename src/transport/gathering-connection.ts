import type { Flushable } from '../core/end-of-tick.ts'
import type { Timer } from '../ports/clock.ts'
import type { AcceptConnection, Connection, ConnectionHandler, ListenerIdentity } from '../ports/connection.ts'
import type { OutBufferOwner } from '../protocol/out-buffer.ts'
import { OutBuffer } from '../protocol/out-buffer.ts'
import { LINGER_MS, PENDING_BYTES_MAX } from './limits.ts'
import type { ListenerParts } from './listener-options.ts'

/** Ending: the last bytes are on their way. Destroyed: the transport was told to close. Gone: the handler knows. */
type Phase = 'open' | 'ending' | 'destroyed' | 'gone'

/** Stands in until the broker has answered an accept. */
const nobody: ConnectionHandler = { received() {}, drained() {}, closed() {} }

/**
 * What every transport's connection does alike: gathers the bytes of a tick, ends within a bounded time, and tells its
 * handler once that it is gone. A transport adds how bytes are sent, reading is stopped and the connection closed.
 */
export abstract class GatheringConnection implements Connection, OutBufferOwner, Flushable {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly out: OutBuffer
  protected readonly parts: ListenerParts
  #handler: ConnectionHandler
  #phase: Phase
  /** The transport did not take everything at once, and has not since. */
  #waiting: boolean
  #linger: Timer | undefined
  /** Of the bytes that wait, those that the worker has counted. */
  #counted: number

  constructor(parts: ListenerParts, remoteAddress: string, remotePort: number) {
    this.remoteAddress = remoteAddress
    this.remotePort = remotePort
    this.out = new OutBuffer(this, parts.slabs)
    this.parts = parts
    this.#handler = nobody
    this.#phase = 'open'
    this.#waiting = false
    this.#linger = undefined
    this.#counted = 0
  }

  abstract get pendingBytes(): number
  abstract pause(): void
  abstract resume(): void

  /** Hands `slab[0, length)` to the transport and gives the slab back once it is free; true: all was taken at once. */
  protected abstract transmit(slab: Buffer, length: number): boolean
  /** Starts the transport's orderly close; all bytes are taken by now, and what is received from now on is dropped. */
  protected abstract closeInOrder(): void
  /** Closes at once; `gone` follows, but not before the current call has returned. */
  protected abstract closeAtOnce(): void

  get listener(): ListenerIdentity {
    return this.parts.identity
  }

  /** Shows the connection to the broker. */
  introduce(accept: AcceptConnection): void {
    this.#handler = accept(this)
  }

  end(): void {
    if (this.#phase !== 'open') return
    this.out.flush()
    if (this.#phase !== 'open') return // the flush went past the bound
    this.#phase = 'ending'
    this.#linger = this.parts.clock.after(LINGER_MS, () => this.destroy())
    if (!this.#waiting) this.closeInOrder()
  }

  destroy(): void {
    if (this.#phase === 'destroyed' || this.#phase === 'gone') return
    this.#phase = 'destroyed'
    this.closeAtOnce()
  }

  gathering(): void {
    this.parts.endOfTick.add(this)
  }

  flush(): void {
    this.out.flush()
  }

  send(slab: Buffer, length: number): void {
    if (this.#phase !== 'open') {
      this.parts.slabs.give(slab)
      return
    }
    if (this.#waiting && this.pendingBytes > PENDING_BYTES_MAX) {
      this.parts.slabs.give(slab)
      this.destroy()
      return
    }
    this.parts.counters.bytesSent += length
    if (!this.transmit(slab, length)) this.#waiting = true
    if (this.#waiting) this.#count(this.pendingBytes)
  }

  /** Whether the broker still wants to hear from the client. */
  protected get open(): boolean {
    return this.#phase === 'open'
  }

  protected received(bytes: Buffer, start: number, end: number): void {
    if (this.#phase !== 'open') return
    this.parts.counters.bytesReceived += end - start
    this.#handler.received(bytes, start, end)
  }

  /** The transport could not get rid of everything although `transmit` said so. */
  protected mustWait(): void {
    this.#waiting = true
  }

  /** The transport got rid of some bytes. */
  protected transmitted(): void {
    if (!this.#waiting) return
    const { pendingBytes } = this
    this.#count(pendingBytes)
    if (pendingBytes > 0) return
    this.#waiting = false
    if (this.#phase === 'open') this.#handler.drained()
    else if (this.#phase === 'ending') this.closeInOrder()
  }

  /** The transport's connection is closed, whoever did it. */
  protected gone(): void {
    if (this.#phase === 'gone') return
    this.#phase = 'gone'
    this.#count(0)
    this.#linger?.cancel()
    this.#handler.closed()
  }

  #count(pendingBytes: number): void {
    this.parts.counters.bytesPending += pendingBytes - this.#counted
    this.#counted = pendingBytes
  }
}
