/** Counts what went wrong and keeps the first cause, which is usually that of the others. */
export class Failures {
  #count = 0
  #first: string | undefined

  get count(): number {
    return this.#count
  }

  get first(): string | undefined {
    return this.#first
  }

  add(why: string): void {
    this.#count += 1
    this.#first ??= why
  }
}
