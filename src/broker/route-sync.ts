import type { Counters } from '../core/counters.ts'
import type { EndOfTick } from '../core/end-of-tick.ts'
import type { Frame, RouteChange } from '../core/frame.ts'
import type { Subscription } from '../core/subscription.ts'
import type { Bus, WorkerAddress } from '../ports/bus.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import { sharedFilterOf } from '../core/shared-filter.ts'

interface Interest {
  subscribers: number
  persistent: number
}

interface Round {
  readonly promise: Promise<void>
  readonly resolve: () => void
}

interface Unconfirmed {
  readonly peers: Set<WorkerAddress>
  readonly round: Round
  readonly timer: Timer
}

const CHANGES_PER_FRAME = 1_000

/** What route sync works with. */
export interface RouteSyncContext {
  readonly bus: Bus
  readonly clock: Clock
  readonly endOfTick: EndOfTick
  readonly counters: Counters
  readonly confirmMs: number
}

/**
 * Tells the other workers which messages this one wants, and waits until they know, so that SUBACK means that a
 * publisher anywhere reaches the subscriber. What changes in one tick goes out in one frame and is confirmed once.
 */
export class RouteSync {
  readonly #context: RouteSyncContext
  /** What this worker wants, by Topic Filter with its `$share` prefix. */
  readonly #interests = new Map<string, Interest>()
  readonly #changed = new Set<string>()
  #gathering: Round | undefined = undefined
  /** The newest round that has gone out and is not confirmed: peers confirm in order, so earlier ones are by then. */
  #sent: Round | undefined = undefined
  #sequence = 0
  readonly #unconfirmed = new Map<number, Unconfirmed>()

  constructor(context: RouteSyncContext) {
    this.#context = context
  }

  /** Topic Filters that are wanted, and frames that a peer has not confirmed. */
  get size(): number {
    return this.#interests.size + this.#unconfirmed.size
  }

  /** A connected subscriber wants `subscription`; persistent sessions get QoS 1 and 2 from their queues instead. */
  want(subscription: Subscription, persistent: boolean): void {
    this.#change(subscription, persistent, 1)
  }

  /** The reverse of {@link want}. */
  unwant(subscription: Subscription, persistent: boolean): void {
    this.#change(subscription, persistent, -1)
  }

  /** Resolves when every peer knows what was wanted so far, or the wait is over; undefined: they know already. */
  known(): Promise<void> | undefined {
    return this.#gathering?.promise ?? this.#sent?.promise
  }

  /** Sends `frame` to all peers and resolves when they confirmed it, or the wait is over. */
  announce(frame: (sequence: number) => Frame): Promise<void> {
    const round = newRound()
    const sequence = this.#await(this.#context.bus.peers(), round)
    this.#context.bus.broadcast(frame(sequence))
    return round.promise
  }

  /** A peer is up: it learns everything. Resolves when it knows, and has told everything itself. */
  peerUp(peer: WorkerAddress): Promise<void> {
    const round = newRound()
    const filters = [...this.#interests.keys()]
    for (let start = CHANGES_PER_FRAME; start < filters.length; start += CHANGES_PER_FRAME) {
      this.#sendRoutes([peer], newRound(), filters.slice(start, start + CHANGES_PER_FRAME))
    }
    this.#sendRoutes([peer], round, filters.slice(0, CHANGES_PER_FRAME))
    return round.promise
  }

  /** A peer is gone: nobody waits for it. */
  peerDown(peer: WorkerAddress): void {
    for (const sequence of this.#unconfirmed.keys()) this.confirmed(peer, sequence)
  }

  /** A peer knows what was sent under `sequence`. */
  confirmed(peer: WorkerAddress, sequence: number): void {
    const unconfirmed = this.#unconfirmed.get(sequence)
    if (unconfirmed === undefined) return
    unconfirmed.peers.delete(peer)
    if (unconfirmed.peers.size === 0) this.#finish(sequence, unconfirmed)
  }

  /** Sends what changed in this tick. */
  flush(): void {
    const round = this.#gathering
    const changed = [...this.#changed]
    this.#changed.clear()
    this.#gathering = undefined
    if (round === undefined) return
    const peers = this.#context.bus.peers()
    if (peers.length > 0) this.#sent = round
    this.#sendRoutes(peers, round, changed)
  }

  #change(subscription: Subscription, persistent: boolean, by: 1 | -1): void {
    const { topicFilter } = subscription
    const interest = this.#interests.get(topicFilter) ?? { subscribers: 0, persistent: 0 }
    const before = { ...interest }
    // A persistent session with QoS 0 has no use for its queue and is served like any other subscriber.
    if (persistent && subscription.qos > 0) interest.persistent += by
    else interest.subscribers += by
    if (interest.subscribers + interest.persistent === 0) this.#interests.delete(topicFilter)
    else this.#interests.set(topicFilter, interest)
    const matters =
      sharedFilterOf(topicFilter) !== undefined ||
      before.subscribers > 0 !== interest.subscribers > 0 ||
      before.persistent > 0 !== interest.persistent > 0
    if (matters && this.#context.bus.peers().length > 0) this.#gather(topicFilter)
  }

  #gather(topicFilter: string): void {
    if (this.#gathering === undefined) {
      this.#gathering = newRound()
      this.#context.endOfTick.add(this)
    }
    this.#changed.add(topicFilter)
  }

  #sendRoutes(peers: readonly WorkerAddress[], round: Round, filters: readonly string[]): void {
    const sequence = this.#await(peers, round)
    const changes: RouteChange[] = filters.map(topicFilter => {
      const { subscribers, persistent } = this.#interests.get(topicFilter) ?? { subscribers: 0, persistent: 0 }
      return { topicFilter, subscribers, persistent }
    })
    for (const peer of peers) this.#context.bus.send(peer, { kind: 'routes', sequence, changes })
  }

  #await(peers: readonly WorkerAddress[], round: Round): number {
    const sequence = ++this.#sequence
    if (peers.length === 0) {
      round.resolve()
      return sequence
    }
    const timer = this.#context.clock.after(this.#context.confirmMs, () => {
      this.#context.counters.routesUnconfirmed++
      this.#finish(sequence, unconfirmed)
    })
    const unconfirmed: Unconfirmed = { peers: new Set(peers), round, timer }
    this.#unconfirmed.set(sequence, unconfirmed)
    return sequence
  }

  #finish(sequence: number, unconfirmed: Unconfirmed): void {
    this.#unconfirmed.delete(sequence)
    if (this.#sent === unconfirmed.round) this.#sent = undefined
    unconfirmed.timer.cancel()
    unconfirmed.round.resolve()
  }
}

function newRound(): Round {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { promise, resolve }
}
