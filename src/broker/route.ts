import type { WorkerAddress } from '../ports/bus.ts'
import type { Subscription } from '../core/subscription.ts'
import type { QoS } from '../protocol/packets.ts'
import { type TopicLimits, topicTooLong } from './topic-limits.ts'
import type { PublishedTopic } from './publication.ts'
import { reservedTopic } from '../core/reserved-topic.ts'
import { QueueTargets } from './queue-targets.ts'
import type { MergedOptions, Target } from './route-target.ts'
import type { Subscriber } from './subscriber.ts'
import type { PersistentMember, SharedGroup, TreeEntry, WorkerRoute } from './subscribers.ts'

const NO_IDENTIFIERS: readonly number[] = []

/** Everything that is to be done with a message on one Topic Name, worked out once per change of subscriptions. */
export class Route implements PublishedTopic {
  readonly topicName: string
  readonly topicBytes: Buffer
  /** No client may publish to it. */
  readonly reserved: boolean
  /** Longer than clients may have it. */
  readonly tooLong: boolean
  /** The version of the subscription table that the lists below were made from; -1: never. */
  version = -1
  live: readonly Target<Subscriber>[] = []
  queued: readonly Target<PersistentMember>[] = []
  queueTargets: QueueTargets = new QueueTargets([])
  workers: readonly WorkerRoute[] = []
  /** Those of the workers that get a message of QoS 1 or 2: with persistent sessions only, its way is the queue. */
  acknowledgedTo: readonly WorkerAddress[] = []
  groups: readonly SharedGroup[] = []

  constructor(topicName: string, limits: TopicLimits) {
    this.topicName = topicName
    this.topicBytes = Buffer.from(topicName)
    this.reserved = reservedTopic(topicName)
    this.tooLong = topicTooLong(topicName, limits)
  }

  /** Makes the lists anew from what `match` visits. */
  update(version: number, match: (topicName: string, visit: (entry: TreeEntry) => void) => void): void {
    const live = new Map<Subscriber, Subscription[]>()
    const queued = new Map<PersistentMember, Subscription[]>()
    const workers = new Map<WorkerAddress, WorkerRoute>()
    const groups: SharedGroup[] = []
    match(this.topicName, entry => {
      switch (entry.kind) {
        case 'live':
          return collect(live, entry.subscriber, entry.subscription)
        case 'queue':
          return collect(queued, entry.member, entry.subscription)
        case 'worker':
          return mergeRoute(workers, entry)
        case 'group':
          groups.push(entry)
      }
    })
    this.live = targets(live)
    this.queued = targets(queued)
    this.queueTargets = new QueueTargets(this.queued)
    this.workers = [...workers.values()]
    this.acknowledgedTo = this.workers.filter(({ subscribers }) => subscribers > 0).map(({ address }) => address)
    this.groups = groups
    this.version = version
  }
}

/** What one subscription alone asks for. */
export function optionsOf(subscription: Subscription): MergedOptions {
  const { qos, retainAsPublished, subscriptionIdentifier } = subscription
  return {
    maximumQoS: qos,
    retainAsPublished,
    subscriptionIdentifiers: subscriptionIdentifier === 0 ? NO_IDENTIFIERS : [subscriptionIdentifier],
  }
}

function collect<To>(found: Map<To, Subscription[]>, to: To, subscription: Subscription): void {
  const subscriptions = found.get(to)
  if (subscriptions === undefined) found.set(to, [subscription])
  else subscriptions.push(subscription)
}

function mergeRoute(workers: Map<WorkerAddress, WorkerRoute>, route: WorkerRoute): void {
  const known = workers.get(route.address)
  if (known === undefined) {
    workers.set(route.address, { ...route })
    return
  }
  known.subscribers += route.subscribers
  known.persistent += route.persistent
}

function targets<To>(found: ReadonlyMap<To, readonly Subscription[]>): readonly Target<To>[] {
  return Array.from(found, ([to, subscriptions]) => {
    const options = merge(subscriptions)
    const own = subscriptions.filter(subscription => !subscription.noLocal)
    if (own.length === subscriptions.length) return { to, options, ownOptions: options }
    return { to, options, ownOptions: own.length === 0 ? undefined : merge(own) }
  })
}

function merge(subscriptions: readonly Subscription[]): MergedOptions {
  const [first] = subscriptions
  if (first !== undefined && subscriptions.length === 1) return optionsOf(first)
  let maximumQoS: QoS = 0
  let retainAsPublished = false
  const subscriptionIdentifiers: number[] = []
  for (const subscription of subscriptions) {
    if (subscription.qos > maximumQoS) maximumQoS = subscription.qos
    retainAsPublished ||= subscription.retainAsPublished
    if (subscription.subscriptionIdentifier !== 0) subscriptionIdentifiers.push(subscription.subscriptionIdentifier)
  }
  return { maximumQoS, retainAsPublished, subscriptionIdentifiers }
}
