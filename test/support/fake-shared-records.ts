import { BrokerError } from '../../src/core/errors.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { SharedRecord, SharedRecordPage, SharedRecords } from '../../src/ports/shared-records.ts'

interface Kept extends SharedRecord {
  readonly position: number
}

/** What nodes keep together, in memory; a test may look into it, change it, lose it, and make it unreachable. */
export class FakeSharedRecords implements SharedRecords {
  away = false
  /** Whether nothing can be written. */
  full = false
  max = 100_000
  kept: readonly Kept[] = []
  reads = 0
  readonly #clock: Clock
  #series = 0
  #last = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async put(records: readonly SharedRecord[]): Promise<number> {
    this.#reach()
    if (this.full) throw new BrokerError('STORE_FULL', 'full')
    if (this.#series === 0) this.#series++
    let put = 0
    for (const record of records) {
      const others = this.kept.filter(({ name }) => name !== record.name)
      if (others.length >= this.max) continue
      this.kept = [...others, { ...record, position: ++this.#last }]
      put++
    }
    return put
  }

  async read(after: number, limit: number): Promise<SharedRecordPage> {
    this.#reach()
    this.reads++
    const records = this.kept.filter(({ position }) => position > after).slice(0, limit)
    const count = this.kept.filter(({ untilMs }) => this.#clock.nowMs() < untilMs).length
    const series = this.#last === 0 ? '' : `series ${this.#series}`
    return { records, position: records.at(-1)?.position ?? after, series, count }
  }

  /** As a restart without its data. */
  lose(): void {
    this.kept = []
    this.#series++
    this.#last = 0
  }

  #reach(): void {
    if (this.away) throw new BrokerError('STORE_AWAY', 'away')
  }
}
