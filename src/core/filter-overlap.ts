import { topicLevels } from '../protocol/topic.ts'

/** Whether a Topic Name exists that both Topic Filters match. Both are valid and have no `$share` prefix. */
export function filtersOverlap(one: string, other: string): boolean {
  const oneLevels = levelsOf(one)
  const otherLevels = levelsOf(other)
  // v5 [MQTT-4.7.2-1]: a leading wildcard does not stand for a level that begins with `$`.
  if (beginsWithWildcard(oneLevels) && other.startsWith('$')) return false
  if (beginsWithWildcard(otherLevels) && one.startsWith('$')) return false
  const length = Math.max(oneLevels.length, otherLevels.length)
  for (let depth = 0; depth < length; depth += 1) {
    const level = oneLevels[depth]
    const otherLevel = otherLevels[depth]
    if (level === '#' || otherLevel === '#') return true // also where the other has ended: `a/#` matches `a`
    if (level === undefined || otherLevel === undefined) return false
    if (level !== otherLevel && level !== '+' && otherLevel !== '+') return false
  }
  return true
}

/** `/#` stands for no more than `/+/#` does: what it matches beyond that is no name, for it is empty. */
function levelsOf(topicFilter: string): readonly string[] {
  return topicLevels(topicFilter === '/#' ? '/+/#' : topicFilter)
}

function beginsWithWildcard([first]: readonly string[]): boolean {
  return first === '+' || first === '#'
}
