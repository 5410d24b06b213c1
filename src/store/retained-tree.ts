import { type Due, NOT_DUE } from './due-heap.ts'

const LEVEL_SEPARATOR = '/'
const SINGLE_LEVEL = '+'
const MULTI_LEVEL = '#'

/** One level of a Topic Name, and what is kept of the message whose name ends with it. */
export class RetainedLevel<Kept> implements Due {
  readonly name: string
  readonly parent: RetainedLevel<Kept> | undefined
  children: Map<string, RetainedLevel<Kept>> | undefined = undefined
  message: Kept | undefined = undefined
  dueAtMs = Infinity
  heapIndex: number = NOT_DUE

  constructor(name: string, parent: RetainedLevel<Kept> | undefined) {
    this.name = name
    this.parent = parent
  }
}

interface Branch<Kept> {
  readonly levels: Iterator<RetainedLevel<Kept>>
  /** Index in the filter of the level that these stand for; of `#` for all below it. */
  readonly depth: number
}

/** Messages, or where they are, by Topic Name, found by Topic Filter (v5 4.7). Works without recursion, however deep the names are. */
export class RetainedTree<Kept> {
  readonly #root = new RetainedLevel<Kept>('', undefined)

  /** The level at which this name ends, if the tree has it. */
  find(topicName: string): RetainedLevel<Kept> | undefined {
    let level: RetainedLevel<Kept> | undefined = this.#root
    for (const name of topicName.split(LEVEL_SEPARATOR)) {
      level = level.children?.get(name)
      if (level === undefined) return undefined
    }
    return level
  }

  /** The level at which this name ends, made where it is missing. */
  grow(topicName: string): RetainedLevel<Kept> {
    let level = this.#root
    for (const name of topicName.split(LEVEL_SEPARATOR)) {
      level.children ??= new Map()
      let child = level.children.get(name)
      if (child === undefined) {
        child = new RetainedLevel<Kept>(name, level)
        level.children.set(name, child)
      }
      level = child
    }
    return level
  }

  /** Takes the message out, and the levels that nothing needs any more. */
  clear(level: RetainedLevel<Kept>): void {
    level.message = undefined
    let last = level
    while (last.parent !== undefined && last.message === undefined && last.children === undefined) {
      const { parent } = last
      parent.children?.delete(last.name)
      if (parent.children?.size === 0) parent.children = undefined
      last = parent
    }
  }

  /** The messages whose name matches; `undefined` for a step that found none. The tree may change between steps. */
  *match(topicFilter: string): Generator<Kept | undefined, void, undefined> {
    const filter = topicFilter.split(LEVEL_SEPARATOR)
    const branches: Branch<Kept>[] = []
    let level = this.#enter(this.#root, filter, 0, branches)
    for (;;) {
      yield level?.message
      const branch = branches.at(-1)
      if (branch === undefined) return
      const next = branch.levels.next()
      if (next.done === true) branches.pop()
      level = next.done === true ? undefined : this.#enterFrom(next.value, filter, branch.depth, branches)
    }
  }

  /** Enters a level that stands under a wildcard. */
  #enterFrom(
    level: RetainedLevel<Kept>,
    filter: readonly string[],
    depth: number,
    branches: Branch<Kept>[],
  ): RetainedLevel<Kept> | undefined {
    // v5 [MQTT-4.7.2-1]: a wildcard at the start does not match a name that starts with `$`.
    if (level.parent === this.#root && level.name.startsWith('$')) return undefined
    return this.#enter(level, filter, filter[depth] === MULTI_LEVEL ? depth : depth + 1, branches)
  }

  /**
   * Follows the filter from `depth` on as far as it names levels, and leaves a branch where a wildcard begins.
   * Returns the level whose message matches, if the way leads to one.
   */
  #enter(
    start: RetainedLevel<Kept>,
    filter: readonly string[],
    depth: number,
    branches: Branch<Kept>[],
  ): RetainedLevel<Kept> | undefined {
    let level = start
    for (let i = depth; ; i++) {
      const name = filter[i]
      if (name === undefined) return level
      if (name === MULTI_LEVEL || name === SINGLE_LEVEL) {
        if (level.children !== undefined) branches.push({ levels: level.children.values(), depth: i })
        // `a/#` matches `a` itself (v5 4.7.1.2).
        return name === MULTI_LEVEL ? level : undefined
      }
      const child = level.children?.get(name)
      if (child === undefined) return undefined
      level = child
    }
  }
}
