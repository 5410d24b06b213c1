import { connect, createServer, type Server, type Socket } from 'node:net'
import { BackOff } from '../core/back-off.ts'
import { BrokerError } from '../core/errors.ts'
import type { Frame } from '../core/frame.ts'
import type { RecordLinkContext } from '../core/record-link.ts'
import type { WorkerAddress } from '../ports/bus.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import type { Log } from '../ports/telemetry.ts'
import type { LinkFrame } from './frame-bodies.ts'
import { FrameEncoder } from './frame-codec.ts'
import { HostLink, type HostLinkOwner } from './host-link.ts'
import { workerNumber, workerSocketPath } from './worker-socket.ts'

const HELLO_DEADLINE_MS = 5000
/** How long a peer that was taken off the list, or all of them at the end, may take to end their half. */
const LINGER_MS = 1000
const REDIAL_FIRST_MS = 10
const REDIAL_LONGEST_MS = 1000
/** Links accepted and open at the same time; one more is turned away. */
const ACCEPTED_LINKS_MAX = 1024

/** Whoever uses the links. */
export interface MeshOwner {
  received(from: WorkerAddress, frame: Frame): void
  up(peer: WorkerAddress, link: HostLink): void
  down(peer: WorkerAddress): void
}

/** What a mesh is made of. */
export interface MeshOptions extends RecordLinkContext {
  readonly self: WorkerAddress
  readonly folder: string
  readonly clock: Clock
  readonly log: Log
}

interface MeshPeer {
  readonly address: WorkerAddress
  /** Of two workers the one with the larger number dials. */
  readonly dials: boolean
  readonly backOff: BackOff
  /** False: taken off the list, and forgotten once its link has closed. */
  listed: boolean
  /** Being dialled, or up. */
  link: HostLink | undefined
  up: boolean
  redial: Timer | undefined
}

/** Keeps one link to every listed worker of the host: listens, dials, greets, and dials again what broke. */
export class HostMesh implements HostLinkOwner {
  readonly #options: MeshOptions
  readonly #owner: MeshOwner
  readonly #server: Server
  readonly #encoder = new FrameEncoder()
  readonly #peers = new Map<WorkerAddress, MeshPeer>()
  /** Every link that is not closed, with the timer that would cut it. */
  readonly #links = new Map<HostLink, Timer | undefined>()
  #accepted = 0
  #closing: { readonly closed: () => void } | undefined = undefined

  constructor(options: MeshOptions, owner: MeshOwner) {
    this.#options = options
    this.#owner = owner
    this.#server = createServer(socket => this.#accept(socket))
  }

  /** Resolves once other workers can dial this one. */
  async listen(): Promise<void> {
    const path = workerSocketPath(this.#options.folder, this.#options.self)
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', cause => reject(new BrokerError('LISTENER', `cannot listen at ${path}`, { cause })))
      this.#server.listen(path, resolve)
    })
    this.#server.removeAllListeners('error')
    this.#server.on('error', error => this.#options.log.error('accepting a worker failed', error))
  }

  /** The workers of the host as they are now; this one may be among them. */
  setPeers(addresses: readonly WorkerAddress[]): void {
    const listed = new Set(addresses)
    for (const peer of this.#peers.values()) if (!listed.has(peer.address)) this.#forget(peer)
    for (const address of listed) if (address !== this.#options.self) this.#list(address)
  }

  /** Ends every link, cuts those that linger, and reports none of them. */
  async close(): Promise<void> {
    const links = Promise.withResolvers<void>()
    this.#closing = { closed: links.resolve }
    for (const peer of this.#peers.values()) peer.redial?.cancel()
    this.#peers.clear()
    const server = new Promise<void>(resolve => this.#server.close(() => resolve()))
    for (const link of this.#links.keys()) this.#end(link)
    if (this.#links.size === 0) links.resolve()
    await Promise.all([links.promise, server])
  }

  received(link: HostLink, frame: LinkFrame): void {
    if (frame.kind === 'hello') this.#greet(link, frame.address)
    else if (link.peer === undefined)
      link.records.cut(new BrokerError('BUS_PROTOCOL', `a ${frame.kind} frame before the hello`))
    else this.#owner.received(link.peer, frame)
  }

  closed(link: HostLink, fault: Error | undefined): void {
    this.#links.get(link)?.cancel()
    this.#links.delete(link)
    const peer = this.#peerAt(link)
    if (peer !== undefined) this.#lost(peer, fault)
    if (this.#links.size === 0) this.#closing?.closed()
  }

  #peerAt(link: HostLink): MeshPeer | undefined {
    for (const peer of this.#peers.values()) if (peer.link === link) return peer
    return undefined
  }

  #list(address: WorkerAddress): void {
    const known = this.#peers.get(address)
    if (known !== undefined) {
      known.listed = true
      return
    }
    const peer: MeshPeer = {
      address,
      dials: workerNumber(this.#options.self) > workerNumber(address),
      backOff: new BackOff(REDIAL_FIRST_MS, REDIAL_LONGEST_MS),
      listed: true,
      link: undefined,
      up: false,
      redial: undefined,
    }
    this.#peers.set(address, peer)
    if (peer.dials) this.#dial(peer)
  }

  /** What the peer sent before it died is still read: publishers were told that it is safe. */
  #forget(peer: MeshPeer): void {
    peer.listed = false
    peer.redial?.cancel()
    if (peer.link === undefined) this.#peers.delete(peer.address)
    else this.#end(peer.link)
  }

  #dial(peer: MeshPeer): void {
    const link = this.#watch(connect(workerSocketPath(this.#options.folder, peer.address)))
    peer.link = link
    this.#sayHello(link)
  }

  #accept(socket: Socket): void {
    if (this.#accepted >= ACCEPTED_LINKS_MAX || this.#closing !== undefined) {
      socket.destroy()
      return
    }
    this.#accepted++
    socket.once('close', () => this.#accepted--)
    this.#watch(socket)
  }

  #watch(socket: Socket): HostLink {
    const link = new HostLink(socket, this.#options, this)
    this.#cutAfter(link, HELLO_DEADLINE_MS)
    return link
  }

  #sayHello(link: HostLink): void {
    this.#encoder.write(link.records.out, { kind: 'hello', address: this.#options.self })
  }

  #greet(link: HostLink, address: WorkerAddress): void {
    const peer = this.#peers.get(address)
    const expected = peer?.dials === true ? peer : undefined
    // The list reaches the workers one after the other: whoever is not on it yet is turned away and dials again.
    if (peer?.listed !== true || link.peer !== undefined || this.#peerAt(link) !== expected) {
      link.records.cut(undefined)
      return
    }
    if (expected === undefined) {
      // Its end of the old link has closed already, which ours has not seen yet.
      const old = peer.link
      if (old !== undefined) this.#lost(peer, undefined)
      old?.records.cut(undefined)
      peer.link = link
      this.#sayHello(link)
    }
    this.#isUp(peer, link)
  }

  #isUp(peer: MeshPeer, link: HostLink): void {
    this.#links.get(link)?.cancel()
    this.#links.set(link, undefined)
    link.accept(peer.address)
    peer.up = true
    peer.backOff.reset()
    this.#options.log.debug('worker is up', { peer: peer.address })
    this.#owner.up(peer.address, link)
  }

  #lost(peer: MeshPeer, fault: Error | undefined): void {
    const wasUp = peer.up
    peer.link = undefined
    peer.up = false
    if (!peer.listed) this.#peers.delete(peer.address)
    else if (peer.dials) peer.redial = this.#options.clock.after(peer.backOff.nextDelayMs(), () => this.#dial(peer))
    if (!wasUp) {
      this.#options.log.debug('worker did not answer', { peer: peer.address })
      return
    }
    if (fault !== undefined) this.#options.log.error('link to a worker broke', fault, { peer: peer.address })
    this.#owner.down(peer.address)
  }

  #end(link: HostLink): void {
    link.records.end()
    this.#cutAfter(link, LINGER_MS)
  }

  #cutAfter(link: HostLink, delayMs: number): void {
    this.#links.get(link)?.cancel()
    const timer = this.#options.clock.after(delayMs, () => link.records.cut(undefined))
    this.#links.set(link, timer)
  }
}
