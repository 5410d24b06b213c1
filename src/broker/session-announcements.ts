import type { SessionNews } from '../core/frame.ts'
import type { Subscription } from '../core/subscription.ts'
import type { Bus, WorkerAddress } from '../ports/bus.ts'
import type { ConnectedSession } from './connected-session.ts'
import type { PersistentMembers } from './persistent-members.ts'
import type { RouteSync } from './route-sync.ts'

/** Where news of persistent sessions goes: what this worker knows of them, and what the others are told. */
export interface SessionAnnouncementsContext {
  readonly bus: Bus
  readonly members: PersistentMembers
  readonly routeSync: RouteSync
}

/**
 * Tells every worker, this one included, what the persistent sessions connected here want. Subscriptions are told once
 * they are stored, so that a worker that loads them from the store never takes away what it was told.
 */
export class SessionAnnouncements {
  readonly #context: SessionAnnouncementsContext

  constructor(context: SessionAnnouncementsContext) {
    this.#context = context
  }

  /** The session has its connection here; whatever was known of it from earlier connections counts no more. */
  opened({ clientId, epoch, subscriber }: ConnectedSession, subscriptions: readonly Subscription[]): Promise<void> {
    const told = this.#tell({ clientId, epoch, state: 'opened', put: subscriptions, removed: [] })
    this.#context.members.connected(clientId, epoch, subscriber)
    return told
  }

  /**
   * Subscriptions with these Topic Filters have changed. What is told is how they are now: a later change may be known
   * here before an earlier one is stored.
   */
  changed({ clientId, epoch, subscriber, subscriptions }: ConnectedSession, filters: readonly string[]): Promise<void> {
    const put: Subscription[] = []
    const removed: string[] = []
    for (const topicFilter of filters) {
      const held = subscriptions.get(topicFilter)
      if (held === undefined) removed.push(topicFilter)
      else put.push(held.subscription)
    }
    return this.#tellPeers({ clientId, epoch, state: subscriber.closed ? 'offline' : 'online', put, removed })
  }

  /** The session has lost its connection and may stay. */
  left({ clientId, epoch, subscriber }: ConnectedSession): Promise<void> {
    this.#context.members.disconnected(clientId, subscriber)
    return this.#tellPeers({ clientId, epoch, state: 'offline', put: [], removed: [] })
  }

  /** There is no persistent session under this claim, nor under earlier ones. */
  over(clientId: string, epoch: number): Promise<void> {
    return this.#tell({ clientId, epoch, state: 'over', put: [], removed: [] })
  }

  /** A peer that has just come up learns which sessions are connected here; their subscriptions it loads. */
  online(peer: WorkerAddress, { clientId, epoch }: ConnectedSession): void {
    const news: SessionNews = { clientId, epoch, state: 'online', put: [], removed: [] }
    this.#context.bus.send(peer, { kind: 'queue-routes', sequence: 0, news })
  }

  #tell(news: SessionNews): Promise<void> {
    const { bus, members } = this.#context
    members.learn(bus.self, news)
    return this.#tellPeers(news)
  }

  /** Resolves when the peers know, or the wait for them is over. */
  #tellPeers(news: SessionNews): Promise<void> {
    return this.#context.routeSync.announce(sequence => ({ kind: 'queue-routes', sequence, news }))
  }
}
