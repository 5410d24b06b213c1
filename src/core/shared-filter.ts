import assert from 'node:assert/strict'
import { parseSharedFilter, type SharedFilter } from '../protocol/topic.ts'

/** The parts of a Shared Subscription's filter; undefined for an ordinary one. The filter has been checked before. */
export function sharedFilterOf(topicFilter: string): SharedFilter | undefined {
  const shared = parseSharedFilter(topicFilter)
  assert(shared !== 'invalid', 'a filter that was granted is valid')
  return shared
}
