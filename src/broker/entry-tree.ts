import { sharedFilterOf } from '../core/shared-filter.ts'
import { TopicTree } from '../core/topic-tree.ts'
import type { GroupEntry, SharedGroup, TreeEntry } from './subscribers.ts'

/** Who wants which topics: every entry under its Topic Filter, those of a Shared Subscription in its group. */
export class EntryTree {
  #version = 0
  readonly #tree = new TopicTree<TreeEntry>()
  /** By `$share/<name>/<filter>`. */
  readonly #groups = new Map<string, SharedGroup>()

  /** Raised by each change, which makes what was remembered about a topic stale. */
  get version(): number {
    return this.#version
  }

  /** Shared groups, and one for all that the tree holds; 0 when nobody wants anything. */
  get size(): number {
    return this.#groups.size + (this.#tree.empty ? 0 : 1)
  }

  /** Calls `visit` for each entry that matches; one subscriber may be visited for several filters. */
  match(topicName: string, visit: (entry: TreeEntry) => void): void {
    this.#tree.match(topicName, visit)
  }

  /** The group of a Shared Subscription that has a member. */
  group(sharedFilter: string): SharedGroup | undefined {
    return this.#groups.get(sharedFilter)
  }

  add(topicFilter: string, entry: GroupEntry): void {
    const shared = sharedFilterOf(topicFilter)
    if (shared === undefined) this.#tree.add(topicFilter, entry)
    else membersLike(entry, this.#groupFor(topicFilter, shared.topicFilter)).push(entry)
    this.changed()
  }

  remove(topicFilter: string, entry: GroupEntry): void {
    const shared = sharedFilterOf(topicFilter)
    if (shared === undefined) this.#tree.remove(topicFilter, entry)
    else this.#removeFromGroup(topicFilter, shared.topicFilter, entry)
    this.changed()
  }

  /** An entry that stays where it is has changed. */
  changed(): void {
    this.#version++
  }

  #groupFor(sharedFilter: string, topicFilter: string): SharedGroup {
    let group = this.#groups.get(sharedFilter)
    if (group === undefined) {
      group = { kind: 'group', sharedFilter, live: [], queued: [], workers: [], turn: 0 }
      this.#groups.set(sharedFilter, group)
      this.#tree.add(topicFilter, group)
    }
    return group
  }

  #removeFromGroup(sharedFilter: string, topicFilter: string, entry: GroupEntry): void {
    const group = this.#groups.get(sharedFilter)
    if (group === undefined) return
    const members = membersLike(entry, group)
    const index = members.indexOf(entry)
    if (index >= 0) members.splice(index, 1)
    if (group.live.length + group.queued.length + group.workers.length > 0) return
    this.#groups.delete(sharedFilter)
    this.#tree.remove(topicFilter, group)
  }
}

function membersLike(entry: GroupEntry, group: SharedGroup): GroupEntry[] {
  switch (entry.kind) {
    case 'live':
      return group.live
    case 'queue':
      return group.queued
    case 'worker':
      return group.workers
  }
}
