import type { WorkerAddress } from '../ports/bus.ts'
import type { QoS } from '../protocol/packets.ts'
import { optionsOf } from './route.ts'
import type { MergedOptions } from './route-target.ts'
import type { Subscriber } from './subscriber.ts'
import type { PersistentMember, QueueEntry, SharedGroup, WorkerRoute } from './subscribers.ts'

/** The member of a Shared Subscription that gets a message. */
export type ChosenMember =
  | { readonly kind: 'live'; readonly subscriber: Subscriber; readonly options: MergedOptions }
  | { readonly kind: 'queue'; readonly member: PersistentMember; readonly options: MergedOptions }
  | { readonly kind: 'worker'; readonly address: WorkerAddress }

/**
 * Chooses the member of `group` whose turn it is, connected ones first (v5 4.8.2). `local`: another worker has
 * chosen this one, so only its own connected members count.
 */
export function chooseMember(group: SharedGroup, qos: QoS, among: 'local' | 'cluster'): ChosenMember | undefined {
  const turn = group.turn++
  const queued = group.queued.filter(entry => takesPart(entry, qos, among))
  return chooseAmong(group, turn, qos, among, queued, among === 'cluster' ? group.workers : [])
}

/** The same, where members connected to the node of `self` are preferred: others get a message while there are none. */
export function choosePreferred(group: SharedGroup, qos: QoS, self: WorkerAddress): ChosenMember | undefined {
  const here = self.slice(0, self.lastIndexOf('/') + 1)
  const queued = group.queued.filter(entry => takesPart(entry, qos, 'cluster'))
  const near = queued.filter(({ member }) => member.onlineAt?.startsWith(here) === true)
  const nearWorkers = group.workers.filter(({ address }) => address.startsWith(here))
  const nearMembers =
    group.live.length + near.length + nearWorkers.reduce((sum, route) => sum + membersAt(route, qos), 0)
  if (nearMembers === 0) return chooseMember(group, qos, 'cluster')
  return chooseAmong(group, group.turn++, qos, 'cluster', near, nearWorkers)
}

function chooseAmong(
  group: SharedGroup,
  turn: number,
  qos: QoS,
  among: 'local' | 'cluster',
  queued: readonly QueueEntry[],
  workers: readonly WorkerRoute[],
): ChosenMember | undefined {
  const live = group.live.length
  const workerMembers = workers.reduce((sum, route) => sum + membersAt(route, qos), 0)
  const connected = live + queued.length + workerMembers
  if (connected === 0) return among === 'cluster' && qos > 0 ? waitingMember(group, turn) : undefined
  let index = turn % connected
  if (index < live) {
    const entry = group.live[index]
    return entry && { kind: 'live', subscriber: entry.subscriber, options: optionsOf(entry.subscription) }
  }
  index -= live
  if (index < queued.length) return chosen(queued[index], qos)
  index -= queued.length
  for (const route of workers) {
    index -= membersAt(route, qos)
    if (index < 0) return { kind: 'worker', address: route.address }
  }
  return undefined
}

/** QoS 0 messages go to the connection itself, so only this worker's members count; the others go by way of a queue. */
function takesPart(entry: QueueEntry, qos: QoS, among: 'local' | 'cluster'): boolean {
  if (qos === 0 || entry.subscription.qos === 0) return entry.member.subscriber !== undefined
  return among === 'cluster' && entry.member.onlineAt !== undefined
}

function membersAt(route: { readonly subscribers: number; readonly persistent: number }, qos: QoS): number {
  return qos === 0 ? route.subscribers + route.persistent : route.subscribers
}

function chosen(entry: QueueEntry | undefined, qos: QoS): ChosenMember | undefined {
  if (entry === undefined) return undefined
  const options = optionsOf(entry.subscription)
  const { member } = entry
  if ((qos === 0 || entry.subscription.qos === 0) && member.subscriber !== undefined) {
    return { kind: 'live', subscriber: member.subscriber, options }
  }
  return { kind: 'queue', member, options }
}

/** Nobody is connected: the message waits in the queue of a member. */
function waitingMember(group: SharedGroup, turn: number): ChosenMember | undefined {
  const waiting = group.queued.filter(entry => entry.subscription.qos > 0)
  return chosen(waiting[turn % Math.max(1, waiting.length)], 1)
}
