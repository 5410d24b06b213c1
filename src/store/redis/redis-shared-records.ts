import type { Random } from '../../ports/clock.ts'
import type { SharedRecord, SharedRecordPage, SharedRecords } from '../../ports/shared-records.ts'
import { answeredInTime } from './answered-in-time.ts'
import type { Argument, RedisCalls } from './redis-calls.ts'
import { bytesIn, listIn, numberIn, stringIn } from './replies.ts'
import { putRecordsScript, readRecordsScript } from './scripts/shared-record-scripts.ts'

const RECORDS_MAX = 100_000
const SERIES_BYTES = 8

/** The revocations that the nodes of a cluster keep together, in Redis: 100,000 at most. */
export class RedisSharedRecords implements SharedRecords {
  readonly #calls: RedisCalls
  readonly #random: Random

  constructor(calls: RedisCalls, random: Random) {
    this.#calls = calls
    this.#random = random
  }

  async put(records: readonly SharedRecord[]): Promise<number> {
    const series = this.#random.hex(SERIES_BYTES)
    const each = records.flatMap(({ name, value, untilMs }): Argument[] => [name, value, untilMs])
    const call = this.#calls.call(putRecordsScript, [series, RECORDS_MAX, ...each])
    return numberIn(await answeredInTime(this.#calls.clock, call))
  }

  async read(after: number, limit: number): Promise<SharedRecordPage> {
    const call = this.#calls.call(readRecordsScript, [after, limit])
    const [series, position, count, ...each] = listIn(await answeredInTime(this.#calls.clock, call))
    const records: { name: string; value: Buffer }[] = []
    for (let index = 0; index + 1 < each.length; index += 2) {
      records.push({ name: stringIn(each[index]), value: bytesIn(each[index + 1]) })
    }
    return { records, position: numberIn(position), series: stringIn(series), count: numberIn(count) }
  }
}
