import { readFileSync } from 'node:fs'
import { nowMicroseconds } from './clock.ts'
import { cpuSecondsOf, stealSeconds } from './process-stat.ts'

/** What passed between two marks. */
export interface Elapsed {
  readonly seconds: number
  readonly brokerCpuSeconds: number | undefined
  readonly loaderCpuSeconds: number
  readonly stealSeconds: number
  readonly redisCommands: number | undefined
}

interface Mark {
  readonly timeMicroseconds: number
  readonly brokerCpuSeconds: number
  readonly loaderCpuSeconds: number
  readonly stealSeconds: number
}

/** Reads clocks and CPU times in the process that counts the messages, so that both cover the same time. */
export class Meter {
  readonly #brokerPids: readonly number[]
  #start: Mark | undefined

  constructor(brokerPids: readonly number[]) {
    this.#brokerPids = brokerPids
  }

  start(): void {
    this.#start = this.#mark()
  }

  elapsed(): Elapsed {
    const end = this.#mark()
    const start = this.#start ?? end
    return {
      seconds: (end.timeMicroseconds - start.timeMicroseconds) / 1_000_000,
      brokerCpuSeconds: this.#brokerPids.length === 0 ? undefined : end.brokerCpuSeconds - start.brokerCpuSeconds,
      loaderCpuSeconds: end.loaderCpuSeconds - start.loaderCpuSeconds,
      stealSeconds: end.stealSeconds - start.stealSeconds,
      redisCommands: undefined,
    }
  }

  #mark(): Mark {
    const { user, system } = process.cpuUsage()
    return {
      timeMicroseconds: nowMicroseconds(),
      brokerCpuSeconds: cpuSecondsOf(this.#brokerPids),
      loaderCpuSeconds: (user + system) / 1_000_000,
      stealSeconds: stealSeconds(readFileSync('/proc/stat', 'utf8')),
    }
  }
}
