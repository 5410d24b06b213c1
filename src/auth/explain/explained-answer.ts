import { compilePermissions } from '../../core/compiled-permissions.ts'
import type { Permission, Permissions } from '../../core/permissions.ts'
import { reservedTopic } from '../../core/reserved-topic.ts'
import type { QoS } from '../../protocol/packets.ts'
import { parseSharedFilter, validTopicFilter, validTopicName } from '../../protocol/topic.ts'
import type { ExplainedAnswer, TokenQuestion } from './explanation.ts'
import { permissionWords } from './plain-words.ts'

/** One thing that a client would do. */
interface Ask {
  readonly activity: 'publish' | 'subscribe'
  readonly topic: string
  readonly qos: QoS
  readonly retain: boolean
}

/** A way in which a permission could be about more than it is. */
interface Widening {
  readonly permission: (permission: Permission) => Permission
  readonly topic?: (topic: string) => string
  readonly says: string
}

const WIDENINGS: readonly Widening[] = [
  { permission: one => ({ ...one, qos: [0, 1, 2] }), says: 'is about another QoS' },
  { permission: one => ({ ...one, retain: 'any' }), says: 'is about another RETAIN flag' },
  { permission: one => ({ ...one, shared: 'any', sharedGroup: '' }), says: 'is about other shared subscriptions' },
  { permission: one => ({ ...one, activity: ['publish', 'subscribe'] }), says: 'is about the other activity' },
  {
    permission: one => ({ ...one, topicFilter: one.topicFilter.toLowerCase() }),
    topic: topic => topic.toLowerCase(),
    says: 'differs by upper and lower case',
  },
  { permission: one => one, topic: topic => topic.replace(/^\//, ''), says: 'differs by the slash at the beginning' },
  { permission: one => one, topic: topic => `/${topic}`, says: 'differs by the slash at the beginning' },
]

/** What the permissions say of what was asked about. */
export function explainedAnswers(question: TokenQuestion, permissions: Permissions): readonly ExplainedAnswer[] {
  const { publish, subscribe, qos, retain } = question
  return [
    ...(publish === undefined ? [] : [answered({ activity: 'publish', topic: publish, qos, retain }, permissions)]),
    ...(subscribe === undefined
      ? []
      : [answered({ activity: 'subscribe', topic: subscribe, qos, retain: false }, permissions)]),
  ]
}

function answered(ask: Ask, permissions: Permissions): ExplainedAnswer {
  const fault = faultOf(ask)
  if (fault !== undefined) return { ...ask, allowed: false, fault, hints: [] }
  const decidedBy = decides(ask, permissions)
  const allowed = decidedBy?.effect === 'allow'
  const hints = decidedBy === undefined ? nearMisses(ask, permissions.list) : []
  return { ...ask, allowed, ...(decidedBy === undefined ? {} : { decidedBy }), hints }
}

function faultOf({ activity, topic }: Ask): string | undefined {
  if (activity === 'publish') {
    if (!validTopicName(topic)) return 'not a Topic Name: it is empty, too long, or has a wildcard in it'
    return reservedTopic(topic) ? 'the topic belongs to the broker' : undefined
  }
  return validTopicFilter(topic) && parseSharedFilter(topic) !== 'invalid' ? undefined : 'not a Topic Filter'
}

function decides({ activity, topic, qos, retain }: Ask, permissions: Permissions): Permission | undefined {
  if (activity === 'publish') return permissions.decidesPublish(topic, qos, retain)
  const shared = parseSharedFilter(topic)
  if (shared === undefined || shared === 'invalid') return permissions.decidesSubscribe(topic, qos, undefined)
  return permissions.decidesSubscribe(shared.topicFilter, qos, shared.shareName)
}

/** Grants that a little more would make to be about it. */
function nearMisses(ask: Ask, list: readonly Permission[]): readonly string[] {
  const hints = list
    .filter(({ effect }) => effect === 'allow')
    .flatMap(permission => {
      const widening = WIDENINGS.find(({ permission: widened, topic = same }) => {
        return decides({ ...ask, topic: topic(ask.topic) }, compilePermissions([widened(permission)])) !== undefined
      })
      return widening === undefined ? [] : [`near: ${permissionWords(permission)}, which ${widening.says}`]
    })
  return hints.slice(0, 3)
}

function same(topic: string): string {
  return topic
}
