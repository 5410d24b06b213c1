import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts CPU time for programs in hundredths of a second, on every architecture. */
const TICKS_PER_SECOND = 100

/** CPU seconds, user and system, that these processes have used. One that has ended counts nothing. */
export function cpuSecondsOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const stat = readIfThere(`/proc/${pid}/stat`)
    return stat === undefined ? sum : sum + cpuSecondsIn(stat)
  }, 0)
}

/** utime and stime of the text of a `/proc/PID/stat`. */
export function cpuSecondsIn(stat: string): number {
  const fields = fieldsAfterName(stat)
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** Seconds that the host took for itself, from the text of `/proc/stat`. */
export function stealSeconds(stat: string): number {
  const [, , , , , , , , steal] = (stat.split('\n')[0] ?? '').split(/\s+/)
  return Number(steal ?? 0) / TICKS_PER_SECOND
}

/** A process and all its descendants, as they are now. */
export function processTree(root: number): readonly number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readIfThere(`/proc/${name}/stat`) : undefined
    if (stat === undefined) continue
    const parent = Number(fieldsAfterName(stat)[1])
    children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const tree = [root]
  for (const pid of tree) tree.push(...(children.get(pid) ?? []))
  return tree
}

/** Memory of processes in bytes; `proportional` shares what several of them map. */
export interface MemoryUse {
  readonly residentBytes: number
  readonly proportionalBytes: number
}

export function memoryOf(pids: readonly number[]): MemoryUse {
  const rollups = pids.map(pid => readIfThere(`/proc/${pid}/smaps_rollup`) ?? '')
  return { residentBytes: sumOf(rollups, /^Rss:\s+(\d+)/m), proportionalBytes: sumOf(rollups, /^Pss:\s+(\d+)/m) }
}

function sumOf(rollups: readonly string[], line: RegExp): number {
  return rollups.reduce((sum, rollup) => sum + Number(line.exec(rollup)?.[1] ?? 0) * 1024, 0)
}

// The name of a process stands in parentheses and may hold spaces; what follows begins with the state.
function fieldsAfterName(stat: string): readonly string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined // ended meanwhile
  }
}
