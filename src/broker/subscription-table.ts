import type { RouteChange } from '../core/frame.ts'
import type { Subscription } from '../core/subscription.ts'
import type { WorkerAddress } from '../ports/bus.ts'
import { EntryTree } from './entry-tree.ts'
import { PersistentMembers } from './persistent-members.ts'
import type { Subscriber } from './subscriber.ts'
import type { LiveEntry, SharedGroup, TreeEntry, WorkerRoute } from './subscribers.ts'

/**
 * Who wants which messages, as this worker knows it: its own connected subscribers, all persistent sessions, and the
 * interest of the other workers.
 */
export class SubscriptionTable {
  readonly members: PersistentMembers
  readonly #tree = new EntryTree()
  readonly #routes = new Map<WorkerAddress, Map<string, WorkerRoute>>()

  constructor() {
    this.members = new PersistentMembers(this.#tree)
  }

  /** Raised by each change, which makes what was remembered about a topic stale. */
  get version(): number {
    return this.#tree.version
  }

  /** Persistent sessions, shared groups and routes of other workers that are known; 0 when nobody wants anything. */
  get size(): number {
    let routes = 0
    for (const ofWorker of this.#routes.values()) routes += ofWorker.size
    return this.members.size + routes + this.#tree.size
  }

  /** Calls `visit` for each entry that matches; one subscriber may be visited for several filters. */
  match(topicName: string, visit: (entry: TreeEntry) => void): void {
    this.#tree.match(topicName, visit)
  }

  /** The shared group of `sharedFilter`, for a frame that asks this worker to serve one member of it. */
  sharedGroup(sharedFilter: string): SharedGroup | undefined {
    return this.#tree.group(sharedFilter)
  }

  /** Adds a subscription of a non-persistent session; the returned entry removes it again. */
  addLive(subscriber: Subscriber, subscription: Subscription): LiveEntry {
    const entry: LiveEntry = { kind: 'live', subscriber, subscription }
    this.#tree.add(subscription.topicFilter, entry)
    return entry
  }

  removeLive(entry: LiveEntry): void {
    this.#tree.remove(entry.subscription.topicFilter, entry)
  }

  /** Notes the interest of another worker. */
  setRoute(address: WorkerAddress, change: RouteChange): void {
    const { topicFilter, subscribers, persistent } = change
    const routes = this.#routesOf(address)
    const route = routes.get(topicFilter)
    if (subscribers === 0 && persistent === 0) {
      if (route !== undefined) this.#removeRoute(routes, topicFilter, route)
    } else if (route !== undefined) {
      route.subscribers = subscribers
      route.persistent = persistent
      this.#tree.changed()
    } else {
      const added: WorkerRoute = { kind: 'worker', address, subscribers, persistent }
      routes.set(topicFilter, added)
      this.#tree.add(topicFilter, added)
    }
  }

  /** Forgets everything that `address` has said: it is gone, or will say it all again. */
  removeWorker(address: WorkerAddress): void {
    const routes = this.#routesOf(address)
    for (const [topicFilter, route] of routes) this.#removeRoute(routes, topicFilter, route)
    this.#routes.delete(address)
    this.members.removeWorker(address)
  }

  #removeRoute(routes: Map<string, WorkerRoute>, topicFilter: string, route: WorkerRoute): void {
    routes.delete(topicFilter)
    this.#tree.remove(topicFilter, route)
  }

  #routesOf(address: WorkerAddress): Map<string, WorkerRoute> {
    let routes = this.#routes.get(address)
    if (routes === undefined) {
      routes = new Map()
      this.#routes.set(address, routes)
    }
    return routes
  }
}
