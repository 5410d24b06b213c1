import type { QueueTarget } from '../ports/store.ts'
import type { QoS } from '../protocol/packets.ts'
import type { MergedOptions, Target } from './route-target.ts'
import type { PersistentMember } from './subscribers.ts'

/** How a message of this QoS goes to a queue; undefined: it does not. */
export function queueTarget(
  member: PersistentMember,
  qos: QoS,
  retain: boolean,
  options: MergedOptions,
): QueueTarget | undefined {
  const merged = qos < options.maximumQoS ? qos : options.maximumQoS
  if (merged === 0) return undefined
  const { retainAsPublished, subscriptionIdentifiers } = options
  return {
    clientId: member.clientId,
    delivery: { qos: merged, retain: retain && retainAsPublished, subscriptionIdentifiers },
  }
}

/** The queues that the messages of one topic go to: the same list, message after message. */
export class QueueTargets {
  readonly #queued: readonly Target<PersistentMember>[]
  /** Some queue does not want the messages of its own client. */
  readonly #noLocal: boolean
  /** By QoS and RETAIN. */
  readonly #lists: (readonly QueueTarget[] | undefined)[] = [undefined, undefined, undefined, undefined]

  constructor(queued: readonly Target<PersistentMember>[]) {
    this.#queued = queued
    this.#noLocal = queued.some(({ options, ownOptions }) => options !== ownOptions)
  }

  /** Those of a message; the list is not to be changed. */
  of(qos: 1 | 2, retain: boolean, publisher: string): readonly QueueTarget[] {
    if (this.#noLocal) return this.#make(qos, retain, publisher)
    const index = (qos - 1) * 2 + (retain ? 1 : 0)
    const known = this.#lists[index]
    if (known !== undefined) return known
    const made = this.#make(qos, retain, '')
    this.#lists[index] = made
    return made
  }

  #make(qos: 1 | 2, retain: boolean, publisher: string): readonly QueueTarget[] {
    const targets: QueueTarget[] = []
    for (const { to, options, ownOptions } of this.#queued) {
      const wanted = to.clientId === publisher ? ownOptions : options
      const target = wanted && queueTarget(to, qos, retain, wanted)
      if (target !== undefined) targets.push(target)
    }
    return targets
  }
}
