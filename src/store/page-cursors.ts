import { BrokerError } from '../core/errors.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import { background, type Log } from '../ports/telemetry.ts'
import type { Page } from './store-methods.ts'

/** Long answers that one worker may read at the same time; one more is refused. */
const CURSORS_MAX = 1024
/** A worker that does not ask for the next page this long has to start again. */
const IDLE_MS = 30_000

interface OpenCursor<Item> {
  readonly pages: AsyncIterator<readonly Item[]>
  /** The page after the last one handed out: read ahead, so that the last page is known to be the last. */
  readonly ahead: readonly Item[]
  readonly idle: Timer
}

/** The answers of one kind that a worker reads page by page. */
export class PageCursors<Item> {
  readonly #clock: Clock
  readonly #log: Log
  readonly #open = new Map<number, OpenCursor<Item>>()
  #lastCursor = 0
  #closed = false

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
  }

  /** The first page; a short answer is complete with it. */
  async start(answer: AsyncIterable<readonly Item[]>): Promise<Page<Item>> {
    const pages = answer[Symbol.asyncIterator]()
    const first = await pages.next()
    if (first.done === true) return { cursor: 0, items: [] }
    this.#lastCursor++
    return { cursor: await this.#readAhead(this.#lastCursor, pages), items: first.value }
  }

  /** The next page of an answer that was started. */
  async next(cursor: number): Promise<Page<Item>> {
    const open = this.#take(cursor)
    if (open === undefined) throw new BrokerError('STORE_UNAVAILABLE', 'the rest of the answer is no longer kept')
    return { cursor: await this.#readAhead(cursor, open.pages), items: open.ahead }
  }

  /** The rest of an answer is not wanted. */
  close(cursor: number): void {
    const open = this.#take(cursor)
    if (open !== undefined) this.#abandon(open.pages)
  }

  /** The worker is gone. */
  closeAll(): void {
    this.#closed = true
    for (const cursor of this.#open.keys()) this.close(cursor)
  }

  async #readAhead(cursor: number, pages: AsyncIterator<readonly Item[]>): Promise<number> {
    const ahead = await pages.next()
    if (ahead.done === true) return 0
    if (this.#closed || this.#open.size >= CURSORS_MAX) {
      this.#abandon(pages)
      throw new BrokerError('STORE_UNAVAILABLE', `a worker reads at most ${CURSORS_MAX} long answers at a time`)
    }
    const idle = this.#clock.after(IDLE_MS, () => this.close(cursor))
    this.#open.set(cursor, { pages, ahead: ahead.value, idle })
    return cursor
  }

  #take(cursor: number): OpenCursor<Item> | undefined {
    const open = this.#open.get(cursor)
    this.#open.delete(cursor)
    open?.idle.cancel()
    return open
  }

  #abandon(pages: AsyncIterator<readonly Item[]>): void {
    if (pages.return !== undefined) background(this.#log, 'end of a long answer', pages.return())
  }
}
