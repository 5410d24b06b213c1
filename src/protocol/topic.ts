import { byteAt } from './bytes.ts'
import { decodeUtf8, wellFormedText } from './utf8.ts'

/** Levels that a Topic Name or Topic Filter may have; more only serve to make a tree deep. */
export const TOPIC_LEVELS_MAX = 200

/** Bytes that a Topic Name or Topic Filter may have in UTF-8 (v5 [MQTT-4.7.3-3]). */
export const TOPIC_BYTES_MAX = 65_535

const SHARE_PREFIX = '$share/'
const SLASH = 0x2f
const PLUS = 0x2b
const HASH = 0x23
const DELETE = 0x7f

/** The Topic Name in `bytes[start, end)`, or undefined when it is none: empty, a wildcard in it, not well-formed, too deep. */
export function decodeTopicName(bytes: Buffer, start: number, end: number): string | undefined {
  if (end <= start || end - start > TOPIC_BYTES_MAX) return undefined
  let levels = 1
  let ascii = true
  for (let offset = start; offset < end; offset += 1) {
    const byte = byteAt(bytes, offset)
    if (byte >= 0x80) ascii = false
    else if (byte === SLASH) levels += 1
    else if (byte < 0x20 || byte === PLUS || byte === HASH || byte === DELETE) return undefined
  }
  if (levels > TOPIC_LEVELS_MAX) return undefined
  return ascii ? bytes.toString('latin1', start, end) : decodeUtf8(bytes, start, end)
}

/** Whether `topicName` is a Topic Name: not empty, no wildcards (v5 [MQTT-4.7.1-1]), within the limits. */
export function validTopicName(topicName: string): boolean {
  return !topicName.includes('+') && !topicName.includes('#') && withinLimits(topicName)
}

/**
 * Whether `topicFilter` is a Topic Filter: `+` fills a level, `#` fills the last one (v5 [MQTT-4.7.1-1], [MQTT-4.7.1-2]).
 * A `$share/<name>/` prefix is taken for plain levels; {@link parseSharedFilter} knows better.
 */
export function validTopicFilter(topicFilter: string): boolean {
  return withinLimits(topicFilter) && wildcardsFillLevels(topicFilter)
}

/** A Topic Filter of the form `$share/<ShareName>/<filter>` in its parts. */
export interface SharedFilter {
  readonly shareName: string
  readonly topicFilter: string
}

/**
 * Splits the Topic Filter of a Shared Subscription (v5 4.8.2). Undefined: it is an ordinary one. `'invalid'`: it begins
 * with `$share/` but lacks a Share Name ([MQTT-4.8.2-1]), has a wildcard in it, or no valid filter follows ([MQTT-4.8.2-2]).
 */
export function parseSharedFilter(topicFilter: string): SharedFilter | undefined | 'invalid' {
  if (!topicFilter.startsWith(SHARE_PREFIX)) return undefined
  const nameEnd = topicFilter.indexOf('/', SHARE_PREFIX.length)
  if (nameEnd === -1) return 'invalid'
  const shareName = topicFilter.slice(SHARE_PREFIX.length, nameEnd)
  const rest = topicFilter.slice(nameEnd + 1)
  return validTopicName(shareName) && validTopicFilter(rest) ? { shareName, topicFilter: rest } : 'invalid'
}

/** The levels of a Topic Name or Topic Filter; an empty level counts (v5 4.7.1.1). */
export function topicLevels(topic: string): string[] {
  return topic.split('/')
}

/** Whether a valid Topic Name matches a valid Topic Filter without `$share` prefix (v5 4.7). */
export function matches(topicFilter: string, topicName: string): boolean {
  const filterLevels = topicLevels(topicFilter)
  const nameLevels = topicLevels(topicName)
  const [first] = filterLevels
  if (topicName.startsWith('$') && (first === '+' || first === '#')) return false // v5 [MQTT-4.7.2-1]
  for (const [index, level] of filterLevels.entries()) {
    if (level === '#') return true // also when the name has ended: `a/#` matches `a`
    if (index >= nameLevels.length) return false
    if (level !== '+' && level !== nameLevels[index]) return false
  }
  return filterLevels.length === nameLevels.length
}

/**
 * Whether every Topic Name that `requested` can match is matched by `granted`. Both are valid Topic Filters without
 * `$share` prefix. This is containment of the sets, so `+/#` covers `#` and `a/+` does not cover `a/#`.
 */
export function filterCovers(granted: string, requested: string): boolean {
  const grantedLevels = topicLevels(granted)
  const [first] = grantedLevels
  if (requested.startsWith('$') && (first === '+' || first === '#')) return false
  const asked = withoutEmptyName(topicLevels(requested))
  for (const [index, level] of grantedLevels.entries()) {
    if (level === '#') return index <= levelsBeforeHash(asked)
    const wanted = asked[index]
    if (wanted === undefined || wanted === '#') return false
    if (level !== '+' && level !== wanted) return false
  }
  return grantedLevels.length === asked.length
}

/** `#` and `/#` stand for no more than `+/#` and `/+/#` do: what they match beyond that is no name, for it is empty. */
function withoutEmptyName(filterLevels: readonly string[]): readonly string[] {
  const [first, second] = filterLevels
  if (first === '#') return ['+', '#']
  return first === '' && second === '#' ? ['', '+', '#'] : filterLevels
}

/** The fewest levels of a name that the filter matches: without the `#`, which may stand for nothing. */
function levelsBeforeHash(filterLevels: readonly string[]): number {
  return filterLevels.at(-1) === '#' ? filterLevels.length - 1 : filterLevels.length
}

function withinLimits(topic: string): boolean {
  if (topic.length === 0 || topic.length > TOPIC_BYTES_MAX) return false
  if (Buffer.byteLength(topic) > TOPIC_BYTES_MAX) return false
  return levelsWithinLimit(topic) && wellFormedText(topic)
}

function levelsWithinLimit(topic: string): boolean {
  let levels = 1
  for (let slash = topic.indexOf('/'); slash !== -1; slash = topic.indexOf('/', slash + 1)) levels += 1
  return levels <= TOPIC_LEVELS_MAX
}

function wildcardsFillLevels(topicFilter: string): boolean {
  const last = topicFilter.length - 1
  for (let index = 0; index <= last; index += 1) {
    const character = topicFilter[index]
    if (character !== '+' && character !== '#') continue
    if (index > 0 && topicFilter[index - 1] !== '/') return false
    if (character === '#' && index !== last) return false
    if (index < last && topicFilter[index + 1] !== '/') return false
  }
  return true
}
