import type { SessionNews } from '../core/frame.ts'
import type { Subscription } from '../core/subscription.ts'
import type { WorkerAddress } from '../ports/bus.ts'
import type { OwnedSubscription } from '../ports/store.ts'
import type { EntryTree } from './entry-tree.ts'
import type { Subscriber } from './subscriber.ts'
import type { PersistentMember, QueueEntry } from './subscribers.ts'

/** Sessions of which nothing is known any more but which claims are over; at the bound the oldest are forgotten. */
const FORGOTTEN_MAX = 4096

/**
 * The persistent sessions of the cluster and their subscriptions, as this worker knows them. News comes from workers
 * that held a session one after the other, and in no order among them: the epoch of the claim tells which counts.
 */
export class PersistentMembers {
  /** Told of each subscription that is put or removed, whether it was known or not, with the epoch of its session. */
  onChange: ((clientId: string, epoch: number, topicFilter: string) => void) | undefined = undefined
  readonly #tree: EntryTree
  readonly #members = new Map<string, PersistentMember>()
  /** By Client Identifier: the oldest epoch whose news still counts. The one that was set longest ago comes first. */
  readonly #oldestEpochs = new Map<string, number>()

  constructor(tree: EntryTree) {
    this.#tree = tree
  }

  /** Sessions with a subscription or a connection. */
  get size(): number {
    return this.#members.size
  }

  all(): IterableIterator<PersistentMember> {
    return this.#members.values()
  }

  /** Notes what the worker at `from` says, this one included. */
  learn(from: WorkerAddress, news: SessionNews): void {
    const { clientId, epoch, state } = news
    if (state === 'over') return this.#over(clientId, epoch)
    const member = this.#memberAt(clientId, epoch)
    if (member === undefined) return
    if (state === 'opened') this.#removeOthers(member, news.put)
    for (const subscription of news.put) this.#put(member, subscription)
    for (const topicFilter of news.removed) this.#remove(member, topicFilter)
    // Only the worker that made the claim speaks of its connection, so the last word is the newest.
    member.onlineAt = state === 'offline' ? undefined : from
    this.#forgetIfIdle(member)
  }

  /** The session has its connection at this worker: QoS 0 messages go to `subscriber`. */
  connected(clientId: string, epoch: number, subscriber: Subscriber): void {
    const member = this.#memberAt(clientId, epoch)
    if (member !== undefined) member.subscriber = subscriber
  }

  /** A connection at this worker has ended; does nothing if it is known already that the session has a newer one. */
  disconnected(clientId: string, subscriber: Subscriber): void {
    const member = this.#members.get(clientId)
    if (member === undefined || member.subscriber !== subscriber) return
    member.subscriber = undefined
    member.onlineAt = undefined
    this.#forgetIfIdle(member)
  }

  put(clientId: string, epoch: number, subscription: Subscription): void {
    const member = this.#memberAt(clientId, epoch)
    if (member !== undefined) this.#put(member, subscription)
  }

  remove(clientId: string, epoch: number, topicFilter: string): void {
    const member = this.#memberAt(clientId, epoch)
    if (member === undefined) return
    this.#remove(member, topicFilter)
    this.#forgetIfIdle(member)
  }

  /** Puts what the store lists. The session's connection knows better what it wants, where it is at this worker. */
  putStored({ clientId, epoch, subscription }: OwnedSubscription): void {
    const member = this.#members.get(clientId)
    if (member?.subscriber === undefined || member.epoch < epoch) this.put(clientId, epoch, subscription)
  }

  /** A worker is gone, and so are the connections there. */
  removeWorker(address: WorkerAddress): void {
    for (const member of this.#members.values()) {
      if (member.onlineAt !== address) continue
      member.onlineAt = undefined
      this.#forgetIfIdle(member)
    }
  }

  /** The member that news of this epoch is about, made where it is missing; undefined: a later claim is known. */
  #memberAt(clientId: string, epoch: number): PersistentMember | undefined {
    const known = this.#members.get(clientId)
    if (epoch < (known?.epoch ?? this.#oldestEpochs.get(clientId) ?? 0)) return undefined
    if (known === undefined) return this.#newMember(clientId, epoch)
    if (epoch > known.epoch) {
      known.epoch = epoch
      known.subscriber = undefined
      known.onlineAt = undefined
    }
    return known
  }

  #newMember(clientId: string, epoch: number): PersistentMember {
    const member = { clientId, epoch, entries: new Map(), subscriber: undefined, onlineAt: undefined }
    this.#members.set(clientId, member)
    this.#oldestEpochs.delete(clientId)
    return member
  }

  #over(clientId: string, epoch: number): void {
    const member = this.#memberAt(clientId, epoch)
    if (member === undefined) return
    this.#removeOthers(member, [])
    this.#forget(member, epoch + 1)
  }

  #put(member: PersistentMember, subscription: Subscription): void {
    const { topicFilter } = subscription
    this.onChange?.(member.clientId, member.epoch, topicFilter)
    const known = member.entries.get(topicFilter)
    if (known !== undefined) {
      if (sameOptions(known.subscription, subscription)) return
      this.#tree.remove(topicFilter, known)
    }
    const entry: QueueEntry = { kind: 'queue', member, subscription }
    member.entries.set(topicFilter, entry)
    this.#tree.add(topicFilter, entry)
  }

  #remove(member: PersistentMember, topicFilter: string): void {
    this.onChange?.(member.clientId, member.epoch, topicFilter)
    const entry = member.entries.get(topicFilter)
    if (entry === undefined) return
    member.entries.delete(topicFilter)
    this.#tree.remove(topicFilter, entry)
  }

  #removeOthers(member: PersistentMember, subscriptions: readonly Subscription[]): void {
    if (member.entries.size === 0) return
    const kept = new Set(subscriptions.map(({ topicFilter }) => topicFilter))
    for (const topicFilter of member.entries.keys()) if (!kept.has(topicFilter)) this.#remove(member, topicFilter)
  }

  #forgetIfIdle(member: PersistentMember): void {
    if (member.entries.size === 0 && member.onlineAt === undefined) this.#forget(member, member.epoch)
  }

  /** Late news of epochs before `oldestEpoch` must not bring the session back. */
  #forget({ clientId }: PersistentMember, oldestEpoch: number): void {
    this.#members.delete(clientId)
    this.#oldestEpochs.set(clientId, oldestEpoch)
    if (this.#oldestEpochs.size <= FORGOTTEN_MAX) return
    for (const oldest of this.#oldestEpochs.keys()) {
      this.#oldestEpochs.delete(oldest)
      return
    }
  }
}

function sameOptions(one: Subscription, other: Subscription): boolean {
  return (
    one.qos === other.qos &&
    one.noLocal === other.noLocal &&
    one.retainAsPublished === other.retainAsPublished &&
    one.retainHandling === other.retainHandling &&
    one.subscriptionIdentifier === other.subscriptionIdentifier
  )
}
