import { filterCovers, topicLevels } from '../protocol/topic.ts'
import { filtersOverlap } from './filter-overlap.ts'
import type { Permission } from './permissions.ts'
import { routingKeyOf, RoutingKeyPattern } from './routing-key-pattern.ts'

/** What the topic of a permission says of a Topic Name, and of a Topic Filter that somebody asks for. */
export interface TopicMatcher {
  matches(topicName: string): boolean
  /** Whether it holds every Topic Name that the filter can match. */
  covers(topicFilter: string): boolean
  /** Whether it holds any of them. */
  overlaps(topicFilter: string): boolean
  /** Whether a subscription that it allows, or forbids, matches the Topic Name. */
  reaches(topicName: string): boolean
}

/** The matcher of a permission, ready for use. */
export function topicMatcher({ topicFilter, syntax }: Permission): TopicMatcher {
  switch (syntax) {
    case 'filter':
      return filterMatcher(topicFilter)
    case 'literal':
      return literalMatcher(topicFilter)
    case 'routing-key':
      return routingKeyMatcher(topicFilter)
  }
}

function filterMatcher(granted: string): TopicMatcher {
  const matchesName = nameTest(granted)
  return {
    matches: matchesName,
    reaches: matchesName,
    covers: topicFilter => filterCovers(granted, topicFilter),
    overlaps: topicFilter => filtersOverlap(granted, topicFilter),
  }
}

/** Most permissions need no more than a comparison, or one with a beginning. */
function nameTest(granted: string): (topicName: string) => boolean {
  const wildcard = granted.search(/[+#]/)
  if (wildcard === -1) return topicName => topicName === granted
  if (granted === '#') return topicName => !topicName.startsWith('$') // v5 [MQTT-4.7.2-1]
  if (!granted.endsWith('/#') || wildcard !== granted.length - 1) return levelTest(granted)
  const parent = granted.slice(0, -2)
  const below = granted.slice(0, -1)
  return topicName => topicName.startsWith(below) || topicName === parent
}

/** Goes through a Topic Name level by level, without taking it apart. */
function levelTest(granted: string): (topicName: string) => boolean {
  const levels = topicLevels(granted)
  const beginsWithWildcard = levels[0] === '+'
  return topicName => {
    if (beginsWithWildcard && topicName.startsWith('$')) return false // v5 [MQTT-4.7.2-1]
    let at = 0
    for (const level of levels) {
      if (level === '#') return true // also when the name has ended: `a/#` matches `a`
      if (at > topicName.length) return false
      const slash = topicName.indexOf('/', at)
      const end = slash === -1 ? topicName.length : slash
      if (level !== '+' && (end - at !== level.length || !topicName.startsWith(level, at))) return false
      at = end + 1
    }
    return at > topicName.length
  }
}

function literalMatcher(granted: string): TopicMatcher {
  const same = (topic: string): boolean => topic === granted
  return { matches: same, covers: same, overlaps: same, reaches: nameTest(granted) }
}

function routingKeyMatcher(granted: string): TopicMatcher {
  const pattern = new RoutingKeyPattern(granted)
  // As RabbitMQ does: the filter's wildcards are held against the pattern like any other letters.
  const covers = (topic: string): boolean => {
    if (topic.startsWith('$') && pattern.beginsWithWildcard) return false
    return pattern.matches(routingKeyOf(topic))
  }
  // A filter ends with `#` in its key too, where the pattern has it, or where the topic above it is meant as well.
  const received = new RoutingKeyPattern(granted.replaceAll('#', '*'))
  const reaches = (topicName: string): boolean => {
    if (topicName.startsWith('$') && received.beginsWithWildcard) return false
    const key = routingKeyOf(topicName)
    return received.matches(key) || received.matches(`${key}.#`)
  }
  // The format knows no denials, the only ones that ask whether two overlap.
  return { matches: covers, covers, overlaps: covers, reaches }
}
