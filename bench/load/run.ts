import type { LoaderResult } from './plan.ts'

/** One run of a plan in one process. */
export interface Run {
  /** Does what must be done before measuring. */
  prepare(): Promise<void>
  /** Loads and measures from this time on. */
  measure(startMicroseconds: number): Promise<LoaderResult>
  /** Ends the measuring of a run without an end of its own. */
  finish(): void
  /** Closes every connection. */
  close(): void
}
