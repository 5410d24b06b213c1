/** Something that is due at one point in time; the heap keeps its place in it. */
export interface Due {
  dueAtMs: number
  /** Place in the heap; {@link NOT_DUE} while it is in none. */
  heapIndex: number
}

/** `heapIndex` of what is in no heap. */
export const NOT_DUE = -1

/** What is due, earliest first; each item may be moved or taken out at the cost of its depth. */
export class DueHeap<Item extends Due> {
  readonly #items: Item[] = []

  get size(): number {
    return this.#items.length
  }

  /** The item that is due first. */
  first(): Item | undefined {
    return this.#items[0]
  }

  /** Puts `item` where `dueAtMs` belongs, whether it was in the heap or not; `Infinity` takes it out. */
  schedule(item: Item, dueAtMs: number): void {
    if (dueAtMs === Infinity) {
      this.remove(item)
      item.dueAtMs = dueAtMs
      return
    }
    item.dueAtMs = dueAtMs
    if (item.heapIndex === NOT_DUE) this.#place(item, this.#items.length)
    this.#rise(item)
    this.#sink(item)
  }

  remove(item: Item): void {
    const index = item.heapIndex
    if (index === NOT_DUE) return
    item.heapIndex = NOT_DUE
    const last = this.#items.pop()
    if (last === undefined || last === item) return
    this.#place(last, index)
    this.#rise(last)
    this.#sink(last)
  }

  #rise(item: Item): void {
    for (;;) {
      const parent = this.#items[(item.heapIndex - 1) >> 1]
      if (item.heapIndex === 0 || parent === undefined || parent.dueAtMs <= item.dueAtMs) return
      this.#swap(item, parent)
    }
  }

  #sink(item: Item): void {
    for (;;) {
      const left = this.#items[item.heapIndex * 2 + 1]
      const right = this.#items[item.heapIndex * 2 + 2]
      const child = left !== undefined && right !== undefined && right.dueAtMs < left.dueAtMs ? right : left
      if (child === undefined || child.dueAtMs >= item.dueAtMs) return
      this.#swap(item, child)
    }
  }

  #swap(one: Item, other: Item): void {
    const index = one.heapIndex
    this.#place(one, other.heapIndex)
    this.#place(other, index)
  }

  #place(item: Item, index: number): void {
    this.#items[index] = item
    item.heapIndex = index
  }
}
