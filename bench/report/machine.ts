import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'

/** What figures depend on besides the brokers. */
export interface MachineFacts {
  readonly processor: string
  readonly cores: number
  readonly memoryGib: number
  readonly system: string
  readonly node: string
  /** Processes that wanted to run in the last minute before: other work spoils figures. */
  readonly loadBefore: number
  readonly date: string
}

export function machineFacts(): MachineFacts {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
    loadBefore: Number((loadavg()[0] ?? 0).toFixed(2)),
    date: new Date().toISOString(),
  }
}

/** One line. */
export function machineLine(machine: MachineFacts): string {
  const { processor, cores, memoryGib, system, node, loadBefore, date } = machine
  return `${date.slice(0, 10)}: ${processor}, ${cores} cores, ${memoryGib} GiB, ${system}, Node ${node}, load before ${loadBefore}`
}
