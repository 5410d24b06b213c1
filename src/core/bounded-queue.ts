/** A first-in-first-out queue with a bound; what does not fit is refused, and the caller says what that means. */
export class BoundedQueue<Item> {
  readonly itemsMax: number
  #items: (Item | undefined)[] = []
  #head = 0

  constructor(itemsMax: number) {
    this.itemsMax = itemsMax
  }

  get size(): number {
    return this.#items.length - this.#head
  }

  /** False: the queue is full and `item` was not taken. */
  push(item: Item): boolean {
    if (this.size >= this.itemsMax) return false
    this.#items.push(item)
    return true
  }

  peek(): Item | undefined {
    return this.#items[this.#head]
  }

  clear(): void {
    this.#items = []
    this.#head = 0
  }

  shift(): Item | undefined {
    const item = this.#items[this.#head]
    if (item === undefined) return undefined
    this.#items[this.#head] = undefined
    this.#head++
    if (this.#head === this.#items.length) {
      this.#items.length = 0
      this.#head = 0
    } else if (this.#head > 64 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }
}
