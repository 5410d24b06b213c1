import type { RouteChange } from '../core/frame.ts'
import type { Subscription } from '../core/subscription.ts'
import { TopicTree } from '../core/topic-tree.ts'
import type { WorkerAddress } from '../ports/bus.ts'
import { sharedFilterOf } from '../core/shared-filter.ts'
import type { Subscriber } from './subscriber.ts'
import type { LiveEntry, PersistentMember, QueueEntry, SharedGroup, TreeEntry, WorkerRoute } from './subscribers.ts'

/**
 * Who wants which messages, as this worker knows it: its own connected subscribers, all persistent sessions, and the
 * interest of the other workers. Each change raises `version`, which makes what was remembered about a topic stale.
 */
export class SubscriptionTable {
  version = 0
  /** Told of each subscription of a persistent session that is put or removed, whether it was known or not. */
  onQueuedChange: ((clientId: string, topicFilter: string) => void) | undefined = undefined
  readonly #tree = new TopicTree<TreeEntry>()
  readonly #groups = new Map<string, SharedGroup>()
  readonly #members = new Map<string, PersistentMember>()
  readonly #routes = new Map<WorkerAddress, Map<string, WorkerRoute>>()

  /** Persistent sessions, shared groups and routes of other workers that are known; 0 when nobody wants anything. */
  get size(): number {
    let routes = 0
    for (const ofWorker of this.#routes.values()) routes += ofWorker.size
    return this.#members.size + this.#groups.size + routes + (this.#tree.empty ? 0 : 1)
  }

  /** Calls `visit` for each entry that matches; one subscriber may be visited for several filters. */
  match(topicName: string, visit: (entry: TreeEntry) => void): void {
    this.#tree.match(topicName, visit)
  }

  /** Adds a subscription of a non-persistent session; the returned entry removes it again. */
  addLive(subscriber: Subscriber, subscription: Subscription): LiveEntry {
    const entry: LiveEntry = { kind: 'live', subscriber, subscription }
    const shared = sharedFilterOf(subscription.topicFilter)
    if (shared === undefined) this.#tree.add(subscription.topicFilter, entry)
    else this.#group(subscription.topicFilter, shared.topicFilter).live.push(entry)
    this.version++
    return entry
  }

  removeLive(entry: LiveEntry): void {
    this.#removeFrom(entry.subscription.topicFilter, entry, group => group.live)
  }

  putQueued(clientId: string, subscription: Subscription): void {
    this.onQueuedChange?.(clientId, subscription.topicFilter)
    const member = this.#member(clientId)
    this.#removeEntry(member, subscription.topicFilter)
    const entry: QueueEntry = { kind: 'queue', member, subscription }
    member.entries.set(subscription.topicFilter, entry)
    const shared = sharedFilterOf(subscription.topicFilter)
    if (shared === undefined) this.#tree.add(subscription.topicFilter, entry)
    else this.#group(subscription.topicFilter, shared.topicFilter).queued.push(entry)
    this.version++
  }

  removeQueued(clientId: string, topicFilter: string): void {
    this.onQueuedChange?.(clientId, topicFilter)
    const member = this.#members.get(clientId)
    if (member === undefined) return
    this.#removeEntry(member, topicFilter)
    this.#forgetIfIdle(member)
  }

  /** Topic Filters of the persistent session of `clientId`; none when it is not known. */
  filtersOf(clientId: string): readonly string[] {
    return [...(this.#members.get(clientId)?.entries.keys() ?? [])]
  }

  /** Client Identifier and Topic Filter of every subscription of a persistent session; a copy. */
  queuedSubscriptions(): readonly (readonly [string, string])[] {
    return Array.from(this.#members.values()).flatMap(({ clientId, entries }) =>
      Array.from(entries.keys(), topicFilter => [clientId, topicFilter] as const),
    )
  }

  /** The persistent session has its connection at `address`; `subscriber` when that is this worker. */
  connected(clientId: string, address: WorkerAddress, subscriber: Subscriber | undefined): void {
    const member = this.#member(clientId)
    member.onlineAt = address
    member.subscriber = subscriber
    this.version++
  }

  /** A connection to this worker has ended; does nothing if it is known already that the session has a newer one. */
  disconnected(clientId: string, subscriber: Subscriber): void {
    const member = this.#members.get(clientId)
    if (member === undefined || member.subscriber !== subscriber) return
    member.subscriber = undefined
    member.onlineAt = undefined
    this.version++
    this.#forgetIfIdle(member)
  }

  /** The connection at another worker has ended. */
  disconnectedAt(clientId: string, address: WorkerAddress): void {
    const member = this.#members.get(clientId)
    if (member === undefined || member.onlineAt !== address) return
    member.onlineAt = undefined
    this.version++
    this.#forgetIfIdle(member)
  }

  /** Notes the interest of another worker. */
  setRoute(address: WorkerAddress, change: RouteChange): void {
    const routes = this.#routesOf(address)
    const route = routes.get(change.topicFilter)
    if (change.subscribers === 0 && change.persistent === 0) {
      if (route !== undefined) this.#removeRoute(routes, change.topicFilter, route)
    } else if (route !== undefined) {
      route.subscribers = change.subscribers
      route.persistent = change.persistent
    } else {
      this.#addRoute(routes, address, change)
    }
    this.version++
  }

  /** Forgets everything that `address` has said: it is gone, or will say it all again. */
  removeWorker(address: WorkerAddress): void {
    const routes = this.#routesOf(address)
    for (const [topicFilter, route] of routes) this.#removeRoute(routes, topicFilter, route)
    this.#routes.delete(address)
    for (const member of this.#members.values()) {
      if (member.onlineAt === address) member.onlineAt = undefined
    }
    this.version++
  }

  #removeEntry(member: PersistentMember, topicFilter: string): void {
    const entry = member.entries.get(topicFilter)
    if (entry === undefined) return
    member.entries.delete(topicFilter)
    this.#removeFrom(topicFilter, entry, group => group.queued)
  }

  #member(clientId: string): PersistentMember {
    let member = this.#members.get(clientId)
    if (member === undefined) {
      member = { clientId, entries: new Map(), subscriber: undefined, onlineAt: undefined }
      this.#members.set(clientId, member)
    }
    return member
  }

  #addRoute(routes: Map<string, WorkerRoute>, address: WorkerAddress, change: RouteChange): void {
    const { topicFilter, subscribers, persistent } = change
    const route: WorkerRoute = { kind: 'worker', address, subscribers, persistent }
    routes.set(topicFilter, route)
    const shared = sharedFilterOf(topicFilter)
    if (shared === undefined) this.#tree.add(topicFilter, route)
    else this.#group(topicFilter, shared.topicFilter).workers.push(route)
  }

  #removeRoute(routes: Map<string, WorkerRoute>, topicFilter: string, route: WorkerRoute): void {
    routes.delete(topicFilter)
    this.#removeFrom(topicFilter, route, group => group.workers)
  }

  #routesOf(address: WorkerAddress): Map<string, WorkerRoute> {
    let routes = this.#routes.get(address)
    if (routes === undefined) {
      routes = new Map()
      this.#routes.set(address, routes)
    }
    return routes
  }

  #group(sharedFilter: string, topicFilter: string): SharedGroup {
    let group = this.#groups.get(sharedFilter)
    if (group === undefined) {
      group = { kind: 'group', sharedFilter, live: [], queued: [], workers: [], turn: 0 }
      this.#groups.set(sharedFilter, group)
      this.#tree.add(topicFilter, group)
    }
    return group
  }

  #removeFrom<Entry extends LiveEntry | QueueEntry | WorkerRoute>(
    topicFilter: string,
    entry: Entry,
    part: (group: SharedGroup) => Entry[],
  ): void {
    const shared = sharedFilterOf(topicFilter)
    if (shared === undefined) {
      this.#tree.remove(topicFilter, entry)
    } else {
      const group = this.#group(topicFilter, shared.topicFilter)
      const entries = part(group)
      const index = entries.indexOf(entry)
      if (index >= 0) entries.splice(index, 1)
      if (group.live.length + group.queued.length + group.workers.length === 0) {
        this.#groups.delete(topicFilter)
        this.#tree.remove(shared.topicFilter, group)
      }
    }
    this.version++
  }

  #forgetIfIdle(member: PersistentMember): void {
    if (member.entries.size === 0 && member.onlineAt === undefined) this.#members.delete(member.clientId)
  }

  /** The shared group of `sharedFilter`, for a frame that asks this worker to serve one member of it. */
  sharedGroup(sharedFilter: string): SharedGroup | undefined {
    return this.#groups.get(sharedFilter)
  }
}
