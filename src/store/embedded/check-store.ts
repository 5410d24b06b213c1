import type { DataFolder } from './data-folder.ts'
import { readSegments } from './read-segments.ts'
import { RecoveredState } from './recovered-state.ts'
import { StoredBodies } from './stored-bodies.ts'

/** What a store holds. */
export interface StoreReport {
  readonly segments: number
  readonly bytes: number
  readonly sessions: number
  readonly subscriptions: number
  readonly queuedMessages: number
  readonly retainedMessages: number
  /** Bytes at the end that were not whole, as after a power cut; nobody was told that they are safe. */
  readonly tornBytes: number
}

/** Reads a whole store and changes nothing. Damage is a `STORE_DAMAGED` error with the name of the file. */
export async function checkStore(folder: DataFolder): Promise<StoreReport> {
  const state = new RecoveredState(new StoredBodies(0))
  const { segments, tornBytes } = await readSegments(folder, state)
  await Promise.all(segments.map(segment => segment.retire()))
  let subscriptions = 0
  let queuedMessages = 0
  for (const session of state.sessions.values()) {
    subscriptions += session.subscriptions.size
    queuedMessages += session.queue?.size ?? 0
  }
  return {
    segments: segments.length,
    bytes: segments.reduce((sum, { length }) => sum + length, 0),
    sessions: state.sessions.size,
    subscriptions,
    queuedMessages,
    retainedMessages: state.retainedBodies.size,
    tornBytes,
  }
}
