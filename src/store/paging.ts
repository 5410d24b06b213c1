import type { Clock } from '../ports/clock.ts'

const PAGE_ITEMS_MAX = 100
/** Of one answer; a single message may be larger. */
export const PAGE_BYTES_MAX: number = 1024 * 1024
/** Steps of a walk after which others get their turn. */
const STEPS_MAX = 10_000

/**
 * Gathers what a walk finds into pages of at most 100 items, and fewer when they are large. The walk yields
 * `undefined` for a step that found nothing, so that a long search does not hold up the process.
 */
export async function* inPages<Item>(
  walk: Iterable<Item | undefined>,
  sizeOf: (item: Item) => number,
  clock: Clock,
): AsyncGenerator<readonly Item[], void, undefined> {
  let page: Item[] = []
  let pageBytes = 0
  let steps = 0
  for (const item of walk) {
    steps++
    if (item !== undefined) {
      page.push(item)
      pageBytes += sizeOf(item)
    }
    if (page.length >= PAGE_ITEMS_MAX || pageBytes >= PAGE_BYTES_MAX) {
      yield page
      page = []
      pageBytes = 0
    }
    if (steps >= STEPS_MAX) {
      steps = 0
      await new Promise<void>(resolve => void clock.after(0, resolve))
    }
  }
  if (page.length > 0) yield page
}
