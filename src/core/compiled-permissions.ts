import type { QoS } from '../protocol/packets.ts'
import type { Permission, Permissions } from './permissions.ts'
import { topicMatcher, type TopicMatcher } from './topic-matchers.ts'

/** Topic Names whose verdicts a client's permissions remember; at the bound all are forgotten. */
const REMEMBERED_MAX = 32
/** One bit for each pair of QoS and RETAIN. */
const EVERY_WAY = 0b111_111
const NO_RETAIN = 0b010_101
const RETAIN = 0b101_010

interface PublishRule {
  readonly matcher: TopicMatcher
  readonly allows: boolean
  /** The ways to publish that it is about. */
  readonly ways: number
  readonly permission: Permission
}

interface SubscribeRule {
  readonly matcher: TopicMatcher
  readonly allows: boolean
  readonly permission: Permission
}

/**
 * Makes permissions ready to be asked. What no permission is about is denied. The filters are valid and have no
 * placeholders left.
 */
export function compilePermissions(list: readonly Permission[]): Permissions {
  return new CompiledPermissions(list)
}

class CompiledPermissions implements Permissions {
  readonly list: readonly Permission[]
  readonly #publish: readonly PublishRule[]
  readonly #subscribe: readonly SubscribeRule[]
  /** The ways in which a Topic Name may be published to. */
  #remembered: Map<string, number> | undefined = undefined
  #received: Map<string, boolean> | undefined = undefined

  constructor(list: readonly Permission[]) {
    this.list = list
    const publish: PublishRule[] = []
    const subscribe: SubscribeRule[] = []
    for (const permission of list) {
      const matcher = topicMatcher(permission)
      const allows = permission.effect === 'allow'
      if (permission.activity.includes('publish'))
        publish.push({ matcher, allows, ways: waysOf(permission), permission })
      if (permission.activity.includes('subscribe')) subscribe.push({ matcher, allows, permission })
    }
    this.#publish = publish
    this.#subscribe = subscribe
  }

  mayPublish(topicName: string, qos: QoS, retain: boolean): boolean {
    const ways = this.#remembered?.get(topicName) ?? this.#decide(topicName)
    return (ways & wayOf(qos, retain)) !== 0
  }

  maySubscribe(topicFilter: string, qos: QoS, shareName: string | undefined): boolean {
    return this.decidesSubscribe(topicFilter, qos, shareName)?.effect === 'allow'
  }

  decidesPublish(topicName: string, qos: QoS, retain: boolean): Permission | undefined {
    const way = wayOf(qos, retain)
    return this.#publish.find(({ ways, matcher }) => (ways & way) !== 0 && matcher.matches(topicName))?.permission
  }

  /** A denial counts as soon as it is about one topic of the filter, a grant only when it is about all of them. */
  decidesSubscribe(topicFilter: string, qos: QoS, shareName: string | undefined): Permission | undefined {
    for (const { matcher, allows, permission } of this.#subscribe) {
      if (!permission.qos.includes(qos) || !sharingFits(permission, shareName)) continue
      if (allows ? matcher.covers(topicFilter) : matcher.overlaps(topicFilter)) return permission
    }
    return undefined
  }

  mayReceive(topicName: string): boolean {
    const received = (this.#received ??= new Map())
    return received.get(topicName) ?? remember(received, topicName, this.#reaches(topicName))
  }

  /** A denial of only some subscriptions leaves others by which the message may have come. */
  #reaches(topicName: string): boolean {
    for (const { matcher, allows, permission } of this.#subscribe) {
      if (!allows && !isSweeping(permission)) continue
      if (matcher.reaches(topicName)) return allows
    }
    return false
  }

  #decide(topicName: string): number {
    let allowed = 0
    let undecided = EVERY_WAY
    for (const { matcher, allows, ways } of this.#publish) {
      const decided = ways & undecided
      if (decided === 0 || !matcher.matches(topicName)) continue
      if (allows) allowed |= decided
      undecided &= ~decided
      if (undecided === 0) break
    }
    return remember((this.#remembered ??= new Map()), topicName, allowed)
  }
}

function remember<Verdict>(verdicts: Map<string, Verdict>, topicName: string, verdict: Verdict): Verdict {
  if (verdicts.size >= REMEMBERED_MAX) verdicts.clear()
  verdicts.set(topicName, verdict)
  return verdict
}

function isSweeping({ qos, shared, syntax }: Permission): boolean {
  return syntax === 'filter' && shared === 'any' && qos.length === 3
}

function sharingFits({ shared, sharedGroup }: Permission, shareName: string | undefined): boolean {
  if (shareName === undefined) return shared !== 'shared'
  return shared !== 'not-shared' && (sharedGroup === '' || sharedGroup === '#' || sharedGroup === shareName)
}

function wayOf(qos: QoS, retain: boolean): number {
  return 1 << (qos * 2 + (retain ? 1 : 0))
}

function waysOf({ qos, retain }: Permission): number {
  const retains = retain === 'any' ? EVERY_WAY : retain === 'retained' ? RETAIN : NO_RETAIN
  let ways = 0
  for (const one of qos) ways |= wayOf(one, false) | wayOf(one, true)
  return ways & retains
}
