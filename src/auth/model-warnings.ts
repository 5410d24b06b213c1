import type { ListenerIdentity } from '../ports/connection.ts'
import type { Log } from '../ports/telemetry.ts'
import { uncheckedRealms } from './jwt-managers.ts'
import type { SecurityModel } from './security-model.ts'

/** The listener of a pipeline for all listeners that have none of their own. */
export const ALL_LISTENERS = 'ALL'

/** Says what a model that can be used may not have been meant to do, for these open listeners; at the start and at each reload. */
export function warnOfModel(model: SecurityModel, listeners: readonly ListenerIdentity[], log: Log): void {
  warnUncovered(model, new Set(listeners.map(({ name }) => name)), log)
  for (const realm of uncheckedRealms(model)) {
    log.warn('any token of this realm lets a client in: no <jwt-validation> says what must stand in it', { realm })
  }
}

/** Open listeners that refuse everyone, and pipelines that name a listener that is not open. */
function warnUncovered({ pipelines }: SecurityModel, open: ReadonlySet<string>, log: Log): void {
  const covered = new Set(pipelines.map(({ listener }) => listener))
  for (const listener of open) {
    if (covered.has(listener) || covered.has(ALL_LISTENERS)) continue
    log.warn('no pipeline covers this listener: all its clients are refused', { listener })
  }
  for (const { listener, name } of pipelines) {
    if (listener === ALL_LISTENERS || open.has(listener)) continue
    log.warn('pipeline names a listener that is not open', { listener, pipeline: name })
  }
}
