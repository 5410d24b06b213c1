import type { Socket } from 'node:net'
import { RecordLink, type RecordLinkContext, type RecordLinkOwner } from '../core/record-link.ts'
import type { WorkerAddress } from '../ports/bus.ts'
import type { LinkFrame } from './frame-bodies.ts'
import { FRAME_BYTES_MAX, FrameDecoder } from './frame-codec.ts'
import type { TakenWait } from './taken-wait.ts'

/** A hello is an address; nothing longer is read from a link that has not said who it is. */
const HELLO_BYTES_MAX = 1024

/** Whoever owns the links of a worker. */
export interface HostLinkOwner {
  received(link: HostLink, frame: LinkFrame): void
  /** Called exactly once, whoever ended it; `fault` says why if it was not an orderly end. */
  closed(link: HostLink, fault: Error | undefined): void
}

interface TakenMark {
  readonly writtenBytes: number
  readonly wait: TakenWait
}

/** The link to another worker of the host: frames in both directions. */
export class HostLink implements RecordLinkOwner {
  /** The worker on the other side, once it has said so and was accepted. */
  peer: WorkerAddress | undefined = undefined
  readonly records: RecordLink
  readonly #owner: HostLinkOwner
  readonly #decoder = new FrameDecoder()
  /** In the order of their bytes. */
  readonly #marks: TakenMark[] = []

  constructor(socket: Socket, context: RecordLinkContext, owner: HostLinkOwner) {
    this.#owner = owner
    this.records = new RecordLink(socket, context, HELLO_BYTES_MAX, this)
  }

  /** The other side is accepted as `peer`: frames of any length are read from now on. */
  accept(peer: WorkerAddress): void {
    this.peer = peer
    this.records.acceptUpTo(FRAME_BYTES_MAX)
  }

  /** Lets `wait` wait for what is on its way now. */
  holdUp(wait: TakenWait): void {
    const { records } = this
    if (records.waitingBytes === 0 || records.gone) return
    wait.add()
    this.#marks.push({ writtenBytes: records.writtenBytes, wait })
  }

  record(bytes: Buffer, start: number, end: number): void {
    this.#owner.received(this, this.#decoder.decode(bytes, start, end))
  }

  taken(): void {
    const { takenBytes } = this.records
    let taken = 0
    for (const mark of this.#marks) {
      if (mark.writtenBytes > takenBytes) break
      mark.wait.done()
      taken++
    }
    if (taken > 0) this.#marks.splice(0, taken)
  }

  closed(fault: Error | undefined): void {
    for (const { wait } of this.#marks.splice(0)) wait.done()
    this.#owner.closed(this, fault)
  }
}
