import { waitFor } from './wait-for.ts'
import type { GuardbeeProcess } from './guardbee-process.ts'

/** Something that is connected under its own Client Identifier. */
export interface Placed<T> {
  readonly worker: string
  readonly it: T
}

/**
 * Opens clients, which the operating system spreads over the workers, until one is on each of `workers`; those that
 * came to a worker that had one already are closed again. Needs `GUARDBEE_LOG_LEVEL=debug`.
 */
export async function onEachWorker<T>(
  guardbee: GuardbeeProcess,
  workers: readonly string[],
  name: string,
  open: (clientId: string) => Promise<T>,
  close: (opened: T) => Promise<unknown>,
): Promise<readonly Placed<T>[]> {
  const placed = new Map<string, Placed<T>>()
  let attempts = 0
  // A deadline and not a number of attempts: a worker that has just come back does not listen at once.
  await waitFor(`a client of ${name} on each of the workers ${workers.join(', ')}`, async () => {
    attempts += 1
    const clientId = `${name}-${attempts}`
    const it = await open(clientId)
    const worker = await guardbee.workerOf(clientId)
    if (placed.has(worker) || !workers.includes(worker)) await close(it)
    else placed.set(worker, { worker, it })
    return workers.every(wanted => placed.has(wanted))
  })
  return [...placed.values()]
}
