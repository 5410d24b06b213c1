import { type OneOrMore, visitThings, withoutThing, withThing } from './one-or-more.ts'

const LEVEL_SEPARATOR = '/'
const SINGLE_LEVEL = '+'
const MULTI_LEVEL = '#'

class Level<Entry> {
  children: Map<string, Level<Entry>> | undefined = undefined
  /** Entries whose Topic Filter ends at this level. */
  ending: OneOrMore<Entry> = undefined
  /** Entries whose Topic Filter ends with `#` below this level. */
  remaining: OneOrMore<Entry> = undefined

  get empty(): boolean {
    return this.children === undefined && this.ending === undefined && this.remaining === undefined
  }
}

/**
 * Entries by Topic Filter, matched against Topic Names (v5 4.7). A filter is given without a `$share` prefix and
 * must be valid. Depth is bounded by the limit on topic levels, which every filter and name has passed.
 */
export class TopicTree<Entry> {
  readonly #root = new Level<Entry>()

  /** Whether nothing is in the tree. */
  get empty(): boolean {
    return this.#root.empty
  }

  /** Adds `entry` under `topicFilter`; adding it twice changes nothing. */
  add(topicFilter: string, entry: Entry): void {
    let level = this.#root
    for (const name of topicFilter.split(LEVEL_SEPARATOR)) {
      if (name === MULTI_LEVEL) {
        level.remaining = withThing(level.remaining, entry)
        return
      }
      level.children ??= new Map()
      let child = level.children.get(name)
      if (child === undefined) {
        child = new Level()
        level.children.set(name, child)
      }
      level = child
    }
    level.ending = withThing(level.ending, entry)
  }

  /** Removes `entry` from under `topicFilter` and the levels that nothing needs any more. */
  remove(topicFilter: string, entry: Entry): void {
    const names = topicFilter.split(LEVEL_SEPARATOR)
    const path: Level<Entry>[] = [this.#root]
    for (const name of names) {
      if (name === MULTI_LEVEL) break
      const child = path.at(-1)?.children?.get(name)
      if (child === undefined) return
      path.push(child)
    }
    const last = path.at(-1)
    if (last === undefined) return
    if (names.at(-1) === MULTI_LEVEL) last.remaining = withoutThing(last.remaining, entry)
    else last.ending = withoutThing(last.ending, entry)
    this.#prune(path, names)
  }

  /** Calls `visit` for each entry whose filter matches; an entry under several matching filters is visited for each. */
  match(topicName: string, visit: (entry: Entry) => void): void {
    const names = topicName.split(LEVEL_SEPARATOR)
    // v5 [MQTT-4.7.2-1]: a filter that starts with a wildcard does not match a Topic Name that starts with `$`.
    const wildcardsFrom = topicName.startsWith('$') ? 1 : 0
    matchLevel(this.#root, names, 0, wildcardsFrom, visit)
  }

  #prune(path: readonly Level<Entry>[], names: readonly string[]): void {
    for (let depth = path.length - 1; depth > 0; depth--) {
      if (path[depth]?.empty !== true) return
      const parent = path[depth - 1]
      const name = names[depth - 1]
      if (parent?.children === undefined || name === undefined) return
      parent.children.delete(name)
      if (parent.children.size > 0) return
      parent.children = undefined
    }
  }
}

function matchLevel<Entry>(
  level: Level<Entry>,
  names: readonly string[],
  depth: number,
  wildcardsFrom: number,
  visit: (entry: Entry) => void,
): void {
  const wildcards = depth >= wildcardsFrom
  // `a/#` matches `a` itself and everything below (v5 4.7.1.2).
  if (wildcards) visitThings(level.remaining, visit)
  const name = names[depth]
  if (name === undefined) return visitThings(level.ending, visit)
  const { children } = level
  if (children === undefined) return
  const exact = children.get(name)
  if (exact !== undefined) matchLevel(exact, names, depth + 1, wildcardsFrom, visit)
  if (!wildcards) return
  const any = children.get(SINGLE_LEVEL)
  if (any !== undefined) matchLevel(any, names, depth + 1, wildcardsFrom, visit)
}
