import { BrokerError } from '../core/errors.ts'

/** Whether the store has refused a write because a newer connection of the client has claimed the session. */
export function isStale(error: unknown): boolean {
  return error instanceof BrokerError && error.code === 'STALE_EPOCH'
}

/** For `catch`, where what was to be written is the newer connection's business now. */
export function unlessStale(error: unknown): void {
  if (!isStale(error)) throw error
}
