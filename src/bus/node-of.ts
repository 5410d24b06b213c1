import type { WorkerAddress } from '../ports/bus.ts'

/** The node in `<node>/<number>`. */
export function nodeOf(worker: WorkerAddress): string {
  return worker.slice(0, worker.lastIndexOf('/'))
}
