import type { Counters } from '../core/counters.ts'
import type { DeliverFrame } from '../core/frame.ts'
import { type Message, type MessageView, NEVER_EXPIRES } from '../core/message.ts'
import { safetyOf } from '../core/partly-refused.ts'
import type { Bus, WorkerAddress } from '../ports/bus.ts'
import type { Clock } from '../ports/clock.ts'
import type { QueueTarget, ReceivedMark, Store } from '../ports/store.ts'
import type { Log } from '../ports/telemetry.ts'
import type { IncomingPublish } from '../protocol/incoming-publish.ts'
import type { QoS } from '../protocol/packets.ts'
import { MarkedMessages } from './marked-messages.ts'
import { Publication } from './publication.ts'
import type { QueueAppends } from './queue-appends.ts'
import { queueTarget } from './queue-targets.ts'
import type { Route } from './route.ts'
import type { RouteCache } from './route-cache.ts'
import type { MergedOptions, Target } from './route-target.ts'
import { DELIVERED, NOBODY, type Routed, withRetained } from './routed.ts'
import { chooseMember, choosePreferred } from './shared-group.ts'
import type { Subscriber } from './subscriber.ts'
import { isFull } from './store-full.ts'
import type { PersistentMember, SharedGroup } from './subscribers.ts'
import type { SubscriptionTable } from './subscription-table.ts'

/** What the router works with. */
export interface RouterContext {
  readonly bus: Bus
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly counters: Counters
  readonly table: SubscriptionTable
  readonly routes: RouteCache
  readonly appends: QueueAppends
  /** Members of Shared Subscriptions at this node are preferred to those at others. */
  readonly prefersNear: boolean
}

/** Brings messages to their receivers: subscribers here, other workers, and the queues of persistent sessions. */
export class Router {
  readonly #context: RouterContext
  readonly #publication = new Publication()
  readonly #marked = new MarkedMessages()
  readonly #frame: DeliverFrame
  /** What became of the last message for queues only; filled again for the next. */
  readonly #stored: { matched: true; safe: Promise<void> | undefined; share: number } = {
    matched: true,
    safe: undefined,
    share: 0,
  }

  constructor(context: RouterContext) {
    this.#context = context
    this.#frame = { kind: 'deliver', message: this.#publication, ordinary: true, sharedFilters: [] }
  }

  /** Routes a PUBLISH that a client of this worker sent; `received` is stored together with what goes to queues. */
  routePacket(packet: IncomingPublish, route: Route, publisher: string, received?: ReceivedMark): Routed {
    const publication = this.#publication
    const expires = packet.messageExpiryIntervalSeconds >= 0
    publication.fromIncoming(packet, route, publisher, expires ? this.#context.clock.nowMs() : 0)
    const retained = packet.retain ? this.#retain(publication.kept()) : undefined
    return withRetained(this.#route(publication, route, received), retained)
  }

  /** Routes a message of the broker itself: a will. */
  routeMessage(message: Message): Routed {
    const route = this.#context.routes.find(message.topicName)
    this.#publication.fromView(message, route, this.#context.clock.nowMs())
    const retained = message.retain ? this.#retain(message) : undefined
    return withRetained(this.#route(this.#publication, route, undefined), retained)
  }

  /** Delivers a message that another worker routed to the subscribers of this one; queues are the other's business. */
  routeFrame(message: MessageView, ordinary: boolean, sharedFilters: readonly string[]): void {
    const route = this.#context.routes.find(message.topicName)
    this.#publication.fromView(message, route, message.expiresAtMs === NEVER_EXPIRES ? 0 : this.#context.clock.nowMs())
    if (ordinary) this.#deliverHere(this.#publication, route)
    for (const sharedFilter of sharedFilters) {
      const group = this.#context.table.sharedGroup(sharedFilter)
      const member = group && chooseMember(group, message.qos, 'local')
      if (member?.kind === 'live') deliver(this.#publication, member.subscriber, member.options, sharedFilter)
    }
  }

  /** Gives a message that was left by a member of a Shared Subscription to another one. */
  routeToShared(message: Message, sharedFilter: string): Routed {
    const group = this.#context.table.sharedGroup(sharedFilter)
    if (group === undefined) return NOBODY
    const publication = this.#publication
    const route = this.#context.routes.find(message.topicName)
    publication.fromView(message, route, this.#context.clock.nowMs())
    const targets: QueueTarget[] = []
    const frames = new Map<WorkerAddress, string[]>()
    const matched = this.#routeToGroup(publication, group, targets, frames)
    for (const [address, sharedFilters] of frames) {
      this.#context.bus.send(address, { kind: 'deliver', message: publication, ordinary: false, sharedFilters })
    }
    return { matched, safe: this.#storeAlone(targets, publication, route.topicBytes, undefined, undefined), share: 0 }
  }

  #route(publication: Publication, route: Route, received: ReceivedMark | undefined): Routed {
    this.#deliverHere(publication, route)
    if (route.workers.length === 0 && route.queued.length === 0 && route.groups.length === 0) {
      const delivered = route.live.length === 0 ? NOBODY : DELIVERED
      return received === undefined ? delivered : { ...delivered, safe: this.#markReceived(received) }
    }
    return this.#routeFurther(publication, route, received)
  }

  #deliverHere(publication: Publication, route: Route): void {
    const { live, queued } = route
    for (let index = 0; index < live.length; index++) {
      const target = live[index]
      if (target === undefined) continue
      const options = optionsFor(target, publication)
      if (options !== undefined) deliver(publication, target.to, options)
    }
    for (const target of queued) {
      const options = optionsFor(target, publication)
      // What is QoS 1 or 2 comes from the queue.
      if (options === undefined || target.to.subscriber === undefined) continue
      if (effectiveQoS(publication.qos, options) === 0) deliver(publication, target.to.subscriber, options)
    }
  }

  #routeFurther(publication: Publication, route: Route, received: ReceivedMark | undefined): Routed {
    if (route.queued.length === 0 && route.groups.length === 0 && received === undefined) {
      return this.#routeToWorkers(publication, route)
    }
    const { qos } = publication
    if (qos !== 0 && route.groups.length === 0 && route.acknowledgedTo.length === 0) {
      return this.#routeToQueues(publication, qos, route, received)
    }
    const targets: QueueTarget[] = []
    const frames = new Map<WorkerAddress, string[]>()
    for (const worker of route.workers) {
      if (publication.qos > 0 ? worker.subscribers > 0 : this.#mayTake(worker.address)) frames.set(worker.address, [])
    }
    const ordinary = new Set(frames.keys())
    for (const target of route.queued) {
      const options = optionsFor(target, publication)
      if (options !== undefined) addTarget(targets, target.to, publication, options)
    }
    let matched = route.live.length + route.workers.length + route.queued.length > 0
    for (const group of route.groups) matched = this.#routeToGroup(publication, group, targets, frames) || matched
    for (const [address, sharedFilters] of frames) {
      this.#context.bus.send(address, {
        kind: 'deliver',
        message: publication,
        ordinary: ordinary.has(address),
        sharedFilters,
      })
    }
    const taken = publication.qos === 0 || frames.size === 0 ? undefined : this.#context.bus.taken(frames.keys())
    const stored = this.#storeAlone(targets, publication, route.topicBytes, received, taken)
    if (frames.size === 0 && stored === undefined) return matched ? DELIVERED : NOBODY
    if (taken === undefined || stored === undefined) return { matched, safe: taken ?? stored, share: 0 }
    return { matched, safe: Promise.all([taken, stored]), share: 0 }
  }

  /** Most messages that leave this worker: nothing is stored and nobody is chosen. */
  #routeToWorkers({ qos }: Publication, { workers, acknowledgedTo }: Route): Routed {
    const { bus } = this.#context
    if (qos === 0) {
      for (const { address } of workers) if (this.#mayTake(address)) bus.send(address, this.#frame)
      return DELIVERED
    }
    if (acknowledgedTo.length === 0) return DELIVERED
    for (const address of acknowledgedTo) bus.send(address, this.#frame)
    return { matched: true, safe: bus.taken(acknowledgedTo), share: 0 }
  }

  /** Nobody but queues is left to serve, as with most messages for persistent sessions. */
  #routeToQueues(publication: Publication, qos: 1 | 2, route: Route, received: ReceivedMark | undefined): Routed {
    const targets = route.queueTargets.of(qos, publication.retain, publication.publisher)
    this.#stored.safe = this.#store(targets, publication, route.topicBytes, received, undefined)
    this.#stored.share = received === undefined ? this.#context.appends.lastShare : 0
    return this.#stored
  }

  /** QoS 0 messages must not fill the way that the acknowledged ones of other clients take. */
  #mayTake(address: WorkerAddress): boolean {
    if (!this.#context.bus.congested(address)) return true
    this.#context.counters.droppedBackpressure++
    return false
  }

  /** False: no member can be given the message. */
  #routeToGroup(
    publication: Publication,
    group: SharedGroup,
    targets: QueueTarget[],
    frames: Map<WorkerAddress, string[]>,
  ): boolean {
    const { prefersNear, bus } = this.#context
    const { qos } = publication
    const member = prefersNear ? choosePreferred(group, qos, bus.self) : chooseMember(group, qos, 'cluster')
    switch (member?.kind) {
      case 'live':
        deliver(publication, member.subscriber, member.options, group.sharedFilter)
        break
      case 'queue':
        addTarget(targets, member.member, publication, member.options)
        break
      case 'worker': {
        const sharedFilters = frames.get(member.address)
        if (sharedFilters === undefined) frames.set(member.address, [group.sharedFilter])
        else sharedFilters.push(group.sharedFilter)
      }
    }
    return member !== undefined
  }

  #store(
    targets: readonly QueueTarget[],
    publication: Publication,
    topicBytes: Buffer,
    received: ReceivedMark | undefined,
    taken: Promise<void> | undefined,
  ): Promise<void> | undefined {
    const { appends } = this.#context
    const message = targets.length > 0 ? publication.kept() : undefined
    if (received === undefined) return message && appends.add(targets, message, topicBytes, undefined)
    return this.#marked.after(taken, received.clientId, () =>
      message === undefined ? this.#markReceived(received) : appends.add(targets, message, topicBytes, received),
    )
  }

  /** Like {@link #store}, with a promise for this message only. */
  #storeAlone(
    targets: readonly QueueTarget[],
    publication: Publication,
    topicBytes: Buffer,
    received: ReceivedMark | undefined,
    taken: Promise<void> | undefined,
  ): Promise<unknown> | undefined {
    const stored = this.#store(targets, publication, topicBytes, received, taken)
    return received === undefined ? stored && safetyOf(stored, this.#context.appends.lastShare) : stored
  }

  #markReceived({ clientId, epoch, packetId }: ReceivedMark): Promise<void> {
    return this.#context.store.sessions.markReceived(clientId, epoch, packetId, true)
  }

  /** v5 3.3.1.3: an empty payload removes the Retained Message; either way the message itself is routed as well. */
  #retain(message: Message): Promise<void> {
    const { retained } = this.#context.store
    if (message.payload.length > 0) this.#context.counters.retainedStored++
    const stored = message.payload.length === 0 ? retained.remove(message.topicName) : retained.put(message)
    if (message.qos > 0) return stored
    // Nobody waits for an acknowledgement, but the publisher is held back by it.
    return stored.catch((error: unknown) => {
      if (isFull(error)) this.#context.counters.publishesOverQuota++
      else this.#context.log.error('retained message not stored', error)
    })
  }
}

function deliver(
  publication: Publication,
  subscriber: Subscriber,
  options: MergedOptions,
  sharedFilter?: string,
): void {
  const qos = effectiveQoS(publication.qos, options)
  // v5 [MQTT-3.3.1-12], [MQTT-3.3.1-13]
  const retain = publication.retain && options.retainAsPublished
  subscriber.deliver(publication, qos, retain, options.subscriptionIdentifiers, sharedFilter)
}

function effectiveQoS(qos: QoS, options: MergedOptions): QoS {
  return qos < options.maximumQoS ? qos : options.maximumQoS
}

/** Without No Local nobody needs to know who published it, which a message from another worker tells only when asked. */
function optionsFor(
  target: Target<{ readonly clientId: string }>,
  publication: Publication,
): MergedOptions | undefined {
  const { options, ownOptions } = target
  if (options === ownOptions) return options
  return target.to.clientId === publication.publisher ? ownOptions : options
}

function addTarget(
  targets: QueueTarget[],
  member: PersistentMember,
  publication: Publication,
  options: MergedOptions,
): void {
  const target = queueTarget(member, publication.qos, publication.retain, options)
  if (target !== undefined) targets.push(target)
}
