import { blockTopicName } from './publish-block.ts'
import type { LoadPlan } from './plan.ts'

const SITES = 100
const LINES = 10
const SHARE_NAME = 'bench'

/** The topic name a publisher writes to; its last level is zeros where a number is stamped over them. */
export function topicNameOf(plan: LoadPlan, publisher: number): string {
  return blockTopicName(topicBase(plan, publisher), plan.topicsPerPublisher)
}

/** The filter of a subscriber. */
export function topicFilterOf(plan: LoadPlan, subscriber: number): string {
  const filter = plan.layout === 'fan-in' ? `${plan.prefix}/+` : topicBase(plan, subscriber)
  const wide = plan.topicsPerPublisher > 1 ? `${filter}/+` : filter
  return plan.shared ? `$share/${SHARE_NAME}/${wide}` : wide
}

/**
 * A filter that matches no message but stands in the same branches of the broker's tree: of ten, eight are exact, one
 * has a `+`, one ends in `#`.
 */
export function idleFilter(index: number): string {
  const line = `site/${index % SITES}/line/${index % LINES}`
  if (index % 10 === 8) return `${line}/+/idle-${index}`
  if (index % 10 === 9) return `${line}/device/idle-${index}/#`
  return `${line}/device/idle-${index}/state`
}

function topicBase(plan: LoadPlan, publisher: number): string {
  const own = plan.layout === 'fan-out' ? 0 : publisher
  if (plan.idleFilters === 0) return `${plan.prefix}/${own}`
  return `site/${own % SITES}/line/${own % LINES}/device/${plan.prefix}${own}`
}
