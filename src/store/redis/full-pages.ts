const PAGE_ITEMS_MAX = 100
const PAGE_BYTES_MAX = 1024 * 1024

/** Gathers pages of any size into pages of a hundred items, or of a megabyte as `bytesOf` counts. */
export async function* fullPages<Item>(
  pages: AsyncIterable<readonly Item[]>,
  bytesOf: (item: Item) => number = () => 0,
): AsyncGenerator<readonly Item[], void, undefined> {
  let full: Item[] = []
  let bytes = 0
  for await (const page of pages) {
    for (const item of page) {
      full.push(item)
      bytes += bytesOf(item)
      if (full.length < PAGE_ITEMS_MAX && bytes < PAGE_BYTES_MAX) continue
      yield full
      full = []
      bytes = 0
    }
  }
  if (full.length > 0) yield full
}
