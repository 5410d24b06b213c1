import type { KeptBytes, StoredBody } from './stored-body.ts'

/** Entries that are no longer kept are swept out once there are this many more than those that are. */
const SWEEP_SLACK = 64

/** The messages of the newest commits in memory, so that what is read soon is not read from the disk; the oldest make room. */
export class BodyCache {
  readonly #bytesMax: number
  /** Oldest first, from the start index on; some may be unwanted already. */
  #commits: KeptBytes[] = []
  #start = 0
  #kept = 0
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Keeps a copy of `written`, which holds each of `bodies` at its offset; those that nothing refers to do not count. */
  keep(written: Buffer, bodies: readonly StoredBody[], offsets: readonly number[]): void {
    if (written.length === 0 || written.length > this.#bytesMax) return
    const commit: KeptBytes = { bytes: undefined, wanted: 0 }
    for (let index = 0; index < bodies.length; index++) {
      const body = bodies[index]
      if (body === undefined || body.references === 0) continue
      this.drop(body)
      body.kept = commit
      body.keptAt = offsets[index] ?? 0
      commit.wanted++
    }
    if (commit.wanted === 0) return
    commit.bytes = Buffer.from(written)
    this.#commits.push(commit)
    this.#kept++
    this.#bytes += written.length
    while (this.#bytes > this.#bytesMax) this.#dropOldest()
    if (this.#commits.length > this.#kept * 2 + SWEEP_SLACK) this.#sweep()
  }

  /** Nobody will ask for it any more. */
  drop(body: StoredBody): void {
    const commit = body.kept
    if (commit === undefined) return
    body.kept = undefined
    commit.wanted--
    if (commit.wanted === 0) this.#forget(commit)
  }

  #forget(commit: KeptBytes): void {
    if (commit.bytes === undefined) return
    this.#kept--
    this.#bytes -= commit.bytes.length
    commit.bytes = undefined
  }

  #dropOldest(): void {
    const oldest = this.#commits[this.#start]
    if (oldest === undefined) return
    this.#start++
    this.#forget(oldest)
  }

  #sweep(): void {
    this.#commits = this.#commits.filter((commit, index) => index >= this.#start && commit.bytes !== undefined)
    this.#start = 0
  }
}
