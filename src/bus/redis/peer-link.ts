import { BackOff } from '../../core/back-off.ts'
import { BrokerError } from '../../core/errors.ts'
import type { Frame } from '../../core/frame.ts'
import type { WorkerAddress } from '../../ports/bus.ts'
import type { Clock, Random, Timer } from '../../ports/clock.ts'
import type { OutBuffer } from '../../protocol/out-buffer.ts'
import type { SlabPool } from '../../protocol/slab-pool.ts'
import { FRAME_BYTES_MAX, FRAME_VERSION, FrameDecoder } from '../frame-codec.ts'
import { BatchKind, type BatchHead, type BatchStamp } from './batch.ts'
import { LooseSender } from './loose-sender.ts'
import { PeerReceiver } from './peer-receiver.ts'
import { ReliableSender } from './reliable-sender.ts'

const HELLO_FIRST_MS = 200
const HELLO_LONGEST_MS = 5000
/** A link that has been up this long was all right: the next hello is quick again. */
const HEALTHY_MS = 10_000
const LINK_NUMBER_BYTES = 4

/** Whoever owns the links of a worker. */
export interface PeerLinkOwner {
  /** The link has something to say before the tick ends. */
  stir(link: PeerLink): void
  /** Publishes `bytes[0, length)` to the peer; the bytes stay as they are until the tick has ended. */
  publish(to: WorkerAddress, bytes: Buffer, length: number): void
  received(from: WorkerAddress, frame: Frame): void
  up(link: PeerLink): void
  down(link: PeerLink): void
}

/** What the links of one worker share. */
export interface PeerLinkContext {
  readonly slabs: SlabPool
  readonly clock: Clock
  readonly random: Random
  readonly stamp: BatchStamp
}

/**
 * The link to a worker of another node. Each side draws a number for it and the link is up once both know both: batches of
 * an earlier link, with other numbers, count no more. A link that fails is down, and begins again with another number.
 */
export class PeerLink {
  readonly peer: WorkerAddress
  isUp = false
  /** It has said that it has something to say. */
  stirred = false
  readonly #context: PeerLinkContext
  readonly #owner: PeerLinkOwner
  readonly #backOff = new BackOff(HELLO_FIRST_MS, HELLO_LONGEST_MS)
  readonly #decoder = new FrameDecoder()
  #hello: Timer | undefined = undefined
  #upAtMs = 0
  #link = 0
  #peerLink = 0
  #answerHello = false
  #sender: ReliableSender
  #loose: LooseSender
  #receiver: PeerReceiver

  constructor(peer: WorkerAddress, context: PeerLinkContext, owner: PeerLinkOwner) {
    this.peer = peer
    this.#context = context
    this.#owner = owner
    const stir = (): void => this.#stir()
    this.#sender = new ReliableSender(context.slabs, context.stamp.bytes, stir)
    this.#loose = new LooseSender(context.slabs, context.stamp.bytes, stir)
    this.#receiver = this.#newReceiver()
    this.#renew()
    this.#helloAgain()
  }

  /** Where whole frames that must arrive are put. */
  get reliable(): OutBuffer {
    return this.#sender.out
  }

  /** Where whole frames that may get lost are put. */
  get loose(): OutBuffer {
    return this.#loose.out
  }

  /** Memory that waits for the peer. */
  get waitingBytes(): number {
    return this.#sender.waitingBytes
  }

  /** QoS 0 messages are better dropped. */
  get looseCongested(): boolean {
    return this.#loose.congested
  }

  /**
   * Resolves when the peer has acknowledged what was put into `reliable` so far, or is gone. Rejects when the link breaks
   * before and the peer lives: it may not have it.
   */
  taken(): Promise<void> {
    return this.#sender.taken()
  }

  /** Takes a batch of the peer. A `BUS_PROTOCOL` error means that the link must fail. */
  batch(head: BatchHead, body: Buffer): void {
    if (head.kind === BatchKind.Hello || head.kind === BatchKind.Welcome) return this.#greet(head)
    if (!this.isUp || head.link !== this.#peerLink || head.peerLink !== this.#link) return
    this.#loose.seen(head.looseSeen)
    if (this.#sender.acknowledged(head.reliableSeen)) this.#stir()
    const receiver = this.#receiver
    if (head.kind === BatchKind.Reliable) receiver.reliable(head.number, body)
    else if (head.kind === BatchKind.Loose) receiver.loose(head.number, body, false)
    else if (head.kind === BatchKind.LooseRest) receiver.loose(head.number, body, true)
    else if (head.kind === BatchKind.Gap) this.#sender.rewind()
    if (receiver.answerDue || receiver.gapDue) this.#stir()
  }

  /** The end of the tick: publishes what is there to say. */
  pump(): void {
    this.stirred = false
    if (this.#answerHello) this.#sayHello()
    if (!this.isUp) return
    if (this.#receiver.gapDue) this.#say(BatchKind.Gap, 0)
    this.#sender.pump((number, bytes, length) => this.#publish(BatchKind.Reliable, number, bytes, length))
    this.#loose.pump((position, bytes, length, rest) =>
      this.#publish(rest ? BatchKind.LooseRest : BatchKind.Loose, position, bytes, length),
    )
    if (this.#receiver.answerDue) this.#say(BatchKind.Acknowledgement, 0)
  }

  /** What was published has been copied, or there is no way to publish it. */
  letGo(): void {
    this.stirred = false
    this.#sender.out.flush()
    this.#loose.letGo()
  }

  /** The way out is there again: what was on its way may be lost. */
  sendAgain(): void {
    this.#sender.rewind()
    if (!this.isUp) this.#stirHello()
  }

  /** The way in is there again: what the peer has sent meanwhile is lost. */
  askAgain(): void {
    this.#receiver.mayHaveMissed()
    this.#stir()
  }

  /** Called from time to time. */
  check(nowMs: number): void {
    if (!this.isUp) return
    if (nowMs - this.#upAtMs > HEALTHY_MS) this.#backOff.reset()
    this.#sender.check(nowMs)
    this.#loose.check(nowMs)
    this.#receiver.check(nowMs)
  }

  /** Tells the peer that this worker leaves for good. */
  sayBye(): void {
    this.#say(BatchKind.Bye, 0)
  }

  /** The link is of no use any more: it is down, and another one is opened after a while. */
  fail(): void {
    this.#breakOff()
    this.#renew()
    this.#hello = this.#context.clock.after(this.#backOff.nextDelayMs(), () => this.#helloAgain())
  }

  /** The peer is gone: ends the link; what waits is dropped and nobody waits for it. */
  close(): void {
    this.#sender.giveUp()
    this.leave()
  }

  /** The same when it is this worker that ends: what the peer has not acknowledged never counts as taken. */
  leave(): void {
    const wasUp = this.isUp
    this.isUp = false
    this.#hello?.cancel()
    this.#receiver.stop()
    this.#loose.letGo()
    this.#sender.close()
    if (wasUp) this.#owner.down(this)
  }

  /** Ends the link to a peer that lives: what it has not acknowledged is acknowledged to nobody. */
  #breakOff(): void {
    this.#sender.refuse(new BrokerError('BUS_PROTOCOL', `the link to ${this.peer} broke before it had everything`))
    this.leave()
  }

  /** Begins another link, with nothing sent and nothing received. */
  #renew(): void {
    const { slabs, stamp, random } = this.#context
    const stir = (): void => this.#stir()
    this.#sender = new ReliableSender(slabs, stamp.bytes, stir)
    this.#loose = new LooseSender(slabs, stamp.bytes, stir)
    this.#receiver = this.#newReceiver()
    this.#link = Number.parseInt(random.hex(LINK_NUMBER_BYTES), 16) || 1
    this.#peerLink = 0
  }

  #newReceiver(): PeerReceiver {
    return new PeerReceiver(FRAME_BYTES_MAX, (bytes, start, end) => {
      const frame = this.#decoder.decode(bytes, start, end)
      if (frame.kind !== 'hello') this.#owner.received(this.peer, frame)
    })
  }

  /** Says hello until the peer has answered. */
  #helloAgain(): void {
    this.#stirHello()
    this.#hello = this.#context.clock.after(this.#backOff.nextDelayMs(), () => this.#helloAgain())
  }

  #greet(head: BatchHead): void {
    // The peer has begun again: what it knew of this side is gone.
    if (this.isUp && head.link !== this.#peerLink) {
      this.#breakOff()
      this.#renew()
      this.#helloAgain()
    }
    this.#peerLink = head.link
    if (!this.isUp && head.peerLink === this.#link) this.#isUp()
    // Whoever says welcome is up and needs no answer.
    if (head.kind === BatchKind.Hello) this.#stirHello()
  }

  #isUp(): void {
    this.isUp = true
    this.#upAtMs = this.#context.clock.nowMs()
    this.#hello?.cancel()
    this.#owner.up(this)
  }

  #stirHello(): void {
    this.#answerHello = true
    this.#stir()
  }

  #sayHello(): void {
    this.#answerHello = false
    this.#say(this.isUp ? BatchKind.Welcome : BatchKind.Hello, FRAME_VERSION)
  }

  #say(kind: number, number: number): void {
    const bytes = Buffer.allocUnsafe(this.#context.stamp.bytes)
    this.#publish(kind, number, bytes, bytes.length)
  }

  #publish(kind: number, number: number, bytes: Buffer, length: number): void {
    const receiver = this.#receiver
    const { reliableSeen, looseSeen } = receiver
    this.#context.stamp.write(bytes, kind, this.#link, this.#peerLink, number, reliableSeen, looseSeen)
    // A hello says nothing of what has arrived.
    if (kind !== BatchKind.Hello && kind !== BatchKind.Welcome) receiver.answered()
    this.#owner.publish(this.peer, bytes, length)
  }

  #stir(): void {
    if (this.stirred) return
    this.stirred = true
    this.#owner.stir(this)
  }
}
