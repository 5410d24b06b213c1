import { topicLevels } from '../protocol/topic.ts'
import type { BrokerLimits } from './limits.ts'

/** The bounds of Topic Names and Topic Filters. */
export type TopicLimits = Pick<BrokerLimits, 'topicBytesMax' | 'topicLevelsMax'>

/** Whether a valid Topic Name or Topic Filter, without `$share` prefix, is longer than the configuration allows. */
export function topicTooLong(topic: string, { topicBytesMax, topicLevelsMax }: TopicLimits): boolean {
  if (Buffer.byteLength(topic) > topicBytesMax) return true
  // A topic has fewer levels than characters, or as many and one.
  return topic.length >= topicLevelsMax && topicLevels(topic).length > topicLevelsMax
}
