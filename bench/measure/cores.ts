import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { isInstalled } from '../brokers/program.ts'

/** Which cores the broker and the load generator are held to, as `taskset` takes them; undefined: all. */
export interface Cores {
  readonly broker: string | undefined
  readonly loader: string | undefined
}

/**
 * The first cores are the broker's, one for each worker; the generator gets the others. Where none is left both use
 * all: the rates then say little, the CPU time per message still counts.
 */
export function coresFor(workers: number, cores: number): Cores {
  if (cores <= workers) return { broker: undefined, loader: undefined }
  return { broker: range(0, workers - 1), loader: range(workers, cores - 1) }
}

/** The cores of this machine that processes can be held to; 1 where `taskset` is missing. */
export async function pinnableCores(): Promise<number> {
  return (await isInstalled('taskset')) ? availableParallelism() : 1
}

/** How many files a process may have open. */
export function descriptorsMax(): number {
  const line = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
  const limit = Number(line)
  return Number.isFinite(limit) ? limit : Number.MAX_SAFE_INTEGER
}

function range(first: number, last: number): string {
  return first === last ? String(first) : `${first}-${last}`
}
