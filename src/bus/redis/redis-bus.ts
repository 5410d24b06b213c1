import type { EndOfTick, Flushable } from '../../core/end-of-tick.ts'
import { BrokerError } from '../../core/errors.ts'
import type { Frame } from '../../core/frame.ts'
import type { Bus, WorkerAddress } from '../../ports/bus.ts'
import type { Timer } from '../../ports/clock.ts'
import type { Log } from '../../ports/telemetry.ts'
import { FrameEncoder } from '../frame-codec.ts'
import { nodeOf } from '../node-of.ts'
import { BatchHead, BatchKind, BatchStamp } from './batch.ts'
import { Membership, type MembershipOptions, type MembershipOwner } from './membership.ts'
import { PeerLink, type PeerLinkContext, type PeerLinkOwner } from './peer-link.ts'
import { PeerVersions } from './peer-versions.ts'
import { Pulse } from './pulse.ts'
import { RedisLine, type RedisLineOptions, type RedisLineOwner } from './redis-line.ts'
import { RedisState } from './redis-state.ts'
import { TakenMarks } from './taken-marks.ts'

const WAITING_BYTES_MAX = 512 * 1024 * 1024
const CONGESTED_BYTES = 16 * 1024 * 1024
const CHECK_MS = 250
/** How long a leaving worker waits for the acknowledgements of the others. */
const CLOSE_MS = 2000

/** What a {@link RedisBus} tells besides what the port has. */
export interface RedisBusOwner {
  /** Redis is there, or away and why. */
  onState(up: boolean, why: string): void
  /** The others have taken this worker for dead and go on without it: it must end. */
  onBuried(): void
  /** Frees the sessions that a dead worker has left. */
  onEstate(worker: WorkerAddress): Promise<void>
}

/** What a {@link RedisBus} is made of. */
export interface RedisBusOptions
  extends RedisLineOptions,
    Omit<PeerLinkContext, 'stamp'>,
    Omit<MembershipOptions, 'run'> {
  readonly endOfTick: EndOfTick
  readonly log: Log
  readonly owner: RedisBusOwner
  /** Bytes that may wait for one peer; 512 MiB when left out. */
  readonly waitingBytesMax?: number
}

/**
 * The bus to the workers of other nodes, over Redis: one channel for each worker, one batch for each peer and tick. What
 * must arrive is numbered, kept until it was acknowledged, and sent again, so that Redis may lose it. While Redis is away
 * peers stay up and frames wait; a frame for a peer for which more than the bound waits has its link fail.
 */
export class RedisBus implements Bus, Flushable, PeerLinkOwner, RedisLineOwner, MembershipOwner {
  readonly self: WorkerAddress
  readonly #options: RedisBusOptions
  readonly #node: string
  readonly #line: RedisLine
  readonly #membership: Membership
  readonly #linkContext: PeerLinkContext
  readonly #encoder = new FrameEncoder()
  readonly #head = new BatchHead()
  readonly #links = new Map<WorkerAddress, PeerLink>()
  readonly #state: RedisState
  readonly #timers: Timer[] = []
  readonly #versions: PeerVersions
  readonly #pulse: Pulse
  #peers: readonly WorkerAddress[] = []
  #stirred: PeerLink[] = []
  #receive: (from: WorkerAddress, frame: Frame) => void = () => {}
  #change: (peer: WorkerAddress, up: boolean) => void = () => {}
  #closed = false

  constructor(options: RedisBusOptions) {
    this.self = options.self
    this.#options = options
    this.#node = nodeOf(options.self)
    this.#linkContext = { ...options, stamp: new BatchStamp(options.self) }
    this.#line = new RedisLine(options, this)
    this.#state = new RedisState(this.#line, (up, why) => options.owner.onState(up, why))
    this.#membership = new Membership({ ...options, run: (...script) => this.#line.run(...script) }, this)
    this.#versions = new PeerVersions(options.log)
    this.#pulse = new Pulse({ ...options, line: this.#line, stamp: this.#linkContext.stamp })
  }

  /** Connects and joins the others; resolves once Redis knows this worker, however long that takes. */
  join(): Promise<void> {
    const { clock, heartbeatMs } = this.#options
    this.#timers.push(
      clock.every(CHECK_MS, () => this.#check()),
      clock.every(heartbeatMs, () => this.#pulse.beat()),
    )
    this.#line.open()
    return this.#state.joined
  }

  /** Whether all workers elsewhere that are known can be sent to. */
  get linked(): boolean {
    for (const link of this.#links.values()) if (!link.isUp && !this.#versions.isStranger(link.peer)) return false
    return true
  }

  /** A worker of this node is dead: the other nodes need not wait until they notice. */
  bury(worker: WorkerAddress): void {
    if (!this.#closed) this.#membership.bury(worker)
  }

  peers(): readonly WorkerAddress[] {
    return this.#peers
  }

  send(to: WorkerAddress, frame: Frame): void {
    const link = this.#links.get(to)
    if (link === undefined || !this.#hasRoom(link)) return
    this.#encoder.write(isLoose(frame) ? link.loose : link.reliable, frame)
  }

  broadcast(frame: Frame): void {
    // All that have no room fail first: whoever hears of it may send something, which takes the place of the bytes.
    const links = Array.from(this.#links.values()).filter(link => this.#hasRoom(link))
    const bytes = this.#encoder.encode(frame)
    for (const link of links) (isLoose(frame) ? link.loose : link.reliable).append(bytes, 0, bytes.length)
  }

  congested(to: WorkerAddress): boolean {
    const link = this.#links.get(to)
    if (link === undefined) return false
    return !this.#line.isWritable || link.looseCongested || link.waitingBytes > CONGESTED_BYTES
  }

  taken(to: Iterable<WorkerAddress>): Promise<void> {
    let taken: Promise<void> | undefined
    for (const peer of to) {
      const next = this.#links.get(peer)?.taken()
      if (next !== undefined) taken = taken === undefined ? next : Promise.all([taken, next]).then(() => {})
    }
    return taken ?? TakenMarks.none
  }

  onFrame(receive: (from: WorkerAddress, frame: Frame) => void): void {
    this.#receive = receive
  }

  onPeer(change: (peer: WorkerAddress, up: boolean) => void): void {
    this.#change = change
  }

  /** Sends what was gathered, waits a while until it has arrived, and takes this worker off; peers are no longer reported. */
  async close(): Promise<void> {
    if (this.#closed) return
    const over = Promise.withResolvers<void>()
    const timer = this.#options.clock.after(CLOSE_MS, over.resolve)
    // A link that breaks meanwhile is not waited for.
    const taken = this.taken([...this.#peers]).catch(() => {})
    await Promise.race([taken, over.promise])
    timer.cancel()
    this.#closed = true
    this.#state.close()
    await this.#membership.leave()
    for (const link of this.#links.values()) if (link.isUp) link.sayBye()
    this.#line.flush()
    for (const running of this.#timers) running.cancel()
    for (const link of this.#links.values()) link.leave()
    this.#links.clear()
    this.#peers = []
    this.#line.close()
  }

  /** End of the tick: what was gathered for all peers leaves in one write. */
  flush(): void {
    const stirred = this.#stirred
    this.#stirred = []
    if (this.#line.isWritable && !this.#closed) {
      for (const link of stirred) link.pump()
      this.#line.flush()
    }
    for (const link of stirred) link.letGo()
  }

  stir(link: PeerLink): void {
    if (this.#stirred.length === 0) this.#options.endOfTick.add(this)
    this.#stirred.push(link)
  }

  publish(to: WorkerAddress, bytes: Buffer, length: number): void {
    this.#line.publish(to, bytes, length)
  }

  received(from: WorkerAddress, frame: Frame): void {
    this.#receive(from, frame)
  }

  up(link: PeerLink): void {
    this.#changed(link, true)
  }

  down(link: PeerLink): void {
    if (!this.#closed) this.#changed(link, false)
  }

  batch(bytes: Buffer): void {
    const head = this.#head
    try {
      head.readSender(bytes)
      if (head.from === this.self) return this.#pulse.heard()
      const link = this.#linkOf(head.from)
      if (link !== undefined) this.#readBatch(link, bytes)
    } catch (error) {
      // A fault of whoever received a frame is not the other side's.
      if (!(error instanceof BrokerError) || error.code !== 'BUS_PROTOCOL') throw error
      this.#options.log.error('link to a worker broke', error, { peer: head.from })
      this.#links.get(head.from)?.fail()
    }
  }

  writable(): void {
    this.#membership.start()
    this.#membership.beat()
    for (const link of this.#links.values()) link.sendAgain()
    this.#state.better()
  }

  readable(): void {
    this.#pulse.heard()
    for (const link of this.#links.values()) link.askAgain()
    this.#state.better()
  }

  broken(): void {
    this.#state.broken()
  }

  heard(answered: boolean): void {
    this.#state.heard(answered)
  }

  alive(workers: readonly WorkerAddress[]): void {
    for (const worker of workers) this.#linkOf(worker)
  }

  gone(worker: WorkerAddress): void {
    const link = this.#links.get(worker)
    this.#links.delete(worker)
    this.#versions.forget(worker)
    link?.close()
  }

  buried(): void {
    this.#options.owner.onBuried()
  }

  estate(worker: WorkerAddress): Promise<void> {
    return this.#options.owner.onEstate(worker)
  }

  #readBatch(link: PeerLink, bytes: Buffer): void {
    const head = this.#head
    if (!this.#versions.understands(head, bytes)) return
    if (head.kind === BatchKind.Bye) return this.#membership.left(head.from)
    link.batch(head, bytes.subarray(head.end))
  }

  /** The link to a worker of another node that is not dead; begun when it is the first time that it is heard of. */
  #linkOf(worker: WorkerAddress): PeerLink | undefined {
    const known = this.#links.get(worker)
    if (known !== undefined || this.#closed) return known
    if (nodeOf(worker) === this.#node || this.#membership.isBuried(worker)) return undefined
    const link = new PeerLink(worker, this.#linkContext, this)
    this.#membership.met(worker)
    this.#links.set(worker, link)
    return link
  }

  #hasRoom(link: PeerLink): boolean {
    if (!link.isUp) return false
    const bytesMax = this.#options.waitingBytesMax ?? WAITING_BYTES_MAX
    if (link.waitingBytes <= bytesMax) return true
    const { log } = this.#options
    const fault = new BrokerError('BUS_PROTOCOL', `more than ${bytesMax} bytes wait for a worker that takes nothing`)
    log.error('link to a worker broke', fault, { peer: link.peer })
    link.fail()
    return false
  }

  #changed({ peer }: PeerLink, up: boolean): void {
    this.#options.log.debug(up ? 'worker is up' : 'worker is gone', { peer })
    this.#peers = Array.from(this.#links.values(), link => (link.isUp ? link.peer : '')).filter(known => known !== '')
    this.#change(peer, up)
  }

  #check(): void {
    const nowMs = this.#options.clock.nowMs()
    for (const link of this.#links.values()) link.check(nowMs)
  }
}

/** A QoS 0 message may get lost on the way. */
function isLoose(frame: Frame): boolean {
  return frame.kind === 'deliver' && frame.message.qos === 0
}
