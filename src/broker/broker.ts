import type { Counters } from '../core/counters.ts'
import type { EndOfTick } from '../core/end-of-tick.ts'
import type { SysTopic } from '../core/sys-topic.ts'
import type { Door } from '../ports/auth.ts'
import type { Bus, WorkerAddress } from '../ports/bus.ts'
import type { Clock, Random, Timer } from '../ports/clock.ts'
import type { Connection, ConnectionHandler } from '../ports/connection.ts'
import type { Store, StoredWill } from '../ports/store.ts'
import { background, type Log } from '../ports/telemetry.ts'
import { PublishTemplate } from '../protocol/publish-template.ts'
import type { BrokerContext } from './broker-context.ts'
import { ClientChannel } from './client-channel.ts'
import { ClientRegistry } from './client-registry.ts'
import type { ClosingPace } from './closing-pace.ts'
import { DeadlineWheel } from './deadline-wheel.ts'
import { DueSessions } from './due-sessions.ts'
import { dispatchFrame } from './frame-dispatch.ts'
import type { BrokerLimits } from './limits.ts'
import { LoadGuard } from './load-guard.ts'
import { QueueAppends } from './queue-appends.ts'
import { QueueRoutesLoader } from './queue-routes-loader.ts'
import { RetainedReplay } from './retained-messages.ts'
import type { Refusal } from './refusal.ts'
import { RouteCache } from './route-cache.ts'
import { RouteSync } from './route-sync.ts'
import { Router } from './router.ts'
import { SessionAnnouncements } from './session-announcements.ts'
import { SessionManager } from './session-manager.ts'
import { SetBack } from './set-back.ts'
import { SharedRedelivery } from './shared-redelivery.ts'
import { SubscriptionTable } from './subscription-table.ts'
import { SysTopics } from './sys-topics.ts'
import { Takeovers } from './takeovers.ts'
import { Traffic } from './traffic.ts'
import { WakeRounds } from './wake-rounds.ts'
import { WillMessages } from './will-messages.ts'

/** The ports a broker runs on. */
export interface BrokerPorts {
  readonly bus: Bus
  readonly store: Store
  readonly door: Door
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly counters: Counters
  readonly endOfTick: EndOfTick
  readonly limits: BrokerLimits
  /** Whether members of Shared Subscriptions at this node are preferred to those at others; false when left out. */
  readonly prefersNear?: boolean
}

/** How much a broker holds of what comes and goes with clients and peers; all of it is 0 when nobody is left. */
export interface BrokerHoldings {
  readonly clients: number
  readonly claims: number
  /** Sessions of which the store does not know yet. */
  readonly unheard: number
  readonly deadlines: number
  /** What is known of subscriptions, those of sessions without a connection and of other workers included. */
  readonly subscriptions: number
  /** What other workers were told, and what they have not confirmed yet. */
  readonly routes: number
  readonly takeovers: number
}

const CLOSED_AT_ONCE = 100

/** One worker's broker: accepts connections and brings messages to their receivers, here and at the other workers. */
export class Broker {
  readonly #ports: BrokerPorts
  readonly #context: BrokerContext
  readonly #routeSync: RouteSync
  readonly #table: SubscriptionTable
  readonly #takeovers: Takeovers
  readonly #loader: QueueRoutesLoader
  readonly #due: DueSessions
  readonly #sys: SysTopics
  readonly #timers: Timer[] = []
  #started = false
  /** Peers that are being told the routes; each resolves when the peer has told its own as well. */
  readonly #told = new Set<Promise<void>>()

  constructor(ports: BrokerPorts) {
    const { bus, store, clock, log, counters, endOfTick, limits, prefersNear = false } = ports
    this.#ports = ports
    const table = new SubscriptionTable()
    const registry = new ClientRegistry()
    const routes = new RouteCache(table, limits)
    const appends = new QueueAppends({ queues: store.queues, bus, registry, counters })
    const router = new Router({ bus, store, clock, log, counters, table, routes, appends, prefersNear })
    this.#sys = new SysTopics(router)
    const wills = new WillMessages(router, endOfTick, counters, clock, log)
    const publishWill = (will: StoredWill): Promise<void> => wills.publish(will)
    const takeovers = new Takeovers(bus, clock, limits.takeoverWaitMs)
    const routeSync = new RouteSync({ bus, clock, endOfTick, counters, confirmMs: limits.routesConfirmMs })
    const template = new PublishTemplate()
    const load = new LoadGuard({ clock, log, counters, limits })
    const sessions = new SessionManager({
      bus,
      store,
      clock,
      log,
      counters,
      table,
      routeSync,
      announcements: new SessionAnnouncements({ bus, members: table.members, routeSync }),
      registry,
      takeovers,
      redelivery: new SharedRedelivery({ router, endOfTick, clock, counters, log }),
      delivery: { limits, counters, load, template, nowMs: () => clock.nowMs() },
      drain: { queues: store.queues, counters, endOfTick, clock, log, template },
      publishWill,
      publishDue: will => this.#due.publish(will),
    })
    this.#routeSync = routeSync
    this.#table = table
    this.#takeovers = takeovers
    this.#loader = new QueueRoutesLoader(store.subscriptions, table.members)
    this.#due = new DueSessions({ self: bus.self, store: store.sessions, sessions, clock, log, counters, publishWill })
    this.#context = {
      ...ports,
      address: bus.self,
      wheel: new DeadlineWheel(),
      registry,
      sessions,
      router,
      routes,
      retained: new RetainedReplay({ store, clock, counters, sys: this.#sys }),
      load,
      traffic: Traffic.within(limits.traffic, clock),
    }
    const frames = {
      bus,
      table,
      router,
      registry,
      routeSync,
      takeovers,
    }
    bus.onFrame((from, frame) => dispatchFrame(frames, from, frame))
    const setBack = new SetBack({ subscriptions: store.subscriptions, registry, clock, log })
    store.onSetBack?.(() => setBack.begin())
    const wakes = new WakeRounds(clock, registry)
    bus.onPeer((peer, up) => {
      if (up) return background(log, 'tell routes', this.#peerUp(peer))
      table.removeWorker(peer)
      routeSync.peerDown(peer)
      takeovers.peerDown(peer)
      wakes.begin()
    })
  }

  /** Connections of this worker now. */
  get connections(): number {
    return this.#ports.counters.connectionsOpen
  }

  /** What this worker holds now. */
  get holdings(): BrokerHoldings {
    const { registry, wheel } = this.#context
    return {
      clients: registry.size,
      claims: registry.claims,
      unheard: this.#context.sessions.unheard,
      deadlines: wheel.size,
      subscriptions: this.#table.size,
      routes: this.#routeSync.size,
      takeovers: this.#takeovers.size,
    }
  }

  /** Loads what every publisher must know. Resolves when clients may be let in. */
  async start(): Promise<void> {
    const { clock } = this.#ports
    this.#started = true
    await Promise.all([this.#loader.load(), ...this.#told])
    this.#timers.push(clock.every(DeadlineWheel.tickMs, () => this.#context.wheel.advance()))
    this.#due.start()
    this.#context.load.start()
  }

  /** Called by a listener for each connection. */
  accept(connection: Connection): ConnectionHandler {
    return new ClientChannel(this.#context, connection)
  }

  /** Brings the values of this node to the subscribers of its `$SYS` topics here. */
  publishSys(topics: readonly SysTopic[]): void {
    this.#sys.publish(topics)
  }

  /** Closes all clients with `refusal` at this pace. Resolves when the store knows. */
  async disconnectAll(refusal: Refusal, pace: ClosingPace): Promise<void> {
    const clients = Array.from(this.#context.registry.clients())
    for (const [closed, client] of clients.entries()) {
      const wait = pace(closed, clients.length)
      if (wait !== undefined) await wait
      client.disconnect(refusal)
    }
    // Those whose CONNECT was under way when it began.
    for (const client of Array.from(this.#context.registry.clients())) client.disconnect(refusal)
    await Promise.all([this.#context.sessions.settled(), this.#due.settled()])
  }

  /** Closes the clients whose proof was revoked, some at a time; `next` waits between them. */
  async disconnectRevoked(next: () => Promise<void>): Promise<void> {
    const clients = Array.from(this.#context.registry.clients())
    let closed = 0
    for (const client of clients) {
      const refusal = client.revocation()
      if (refusal === undefined) continue
      if (closed > 0 && closed % CLOSED_AT_ONCE === 0) await next()
      client.disconnect(refusal)
      closed++
    }
  }

  /** Holds all clients against a security configuration that was replaced, some at a time; `next` waits between them. */
  async review(next: () => Promise<void>): Promise<void> {
    const clients = Array.from(this.#context.registry.clients())
    for (const [index, client] of clients.entries()) {
      if (index > 0 && index % CLOSED_AT_ONCE === 0) await next()
      client.review()
    }
  }

  /** Stops what runs by time. */
  stop(): void {
    this.#due.stop()
    this.#context.load.stop()
    for (const timer of this.#timers) timer.cancel()
  }

  /** A new peer learns this worker's routes, and which persistent sessions are connected here. */
  async #peerUp(peer: WorkerAddress): Promise<void> {
    this.#context.sessions.announceAllTo(peer)
    const told = this.#routeSync.peerUp(peer)
    this.#told.add(told)
    await told
    this.#told.delete(told)
    // What it said before it was up is in the store; a load that is under way may have passed it by.
    if (this.#started) await this.#loader.load()
  }
}
