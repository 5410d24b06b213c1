/**
 * Small values that the nodes of a cluster share by name, each for a time. A reader gets whatever somebody has put
 * there: it must be able to tell by itself whether it was one of its own. Each call ends within a second; it rejects
 * with `STORE_AWAY` where nobody can be asked.
 */
export interface SharedCache {
  /** Resolves with undefined where there is none. */
  get(name: string): Promise<Buffer | undefined>
  /** In the place of what was there; gone by itself after `lifetimeMs`. */
  put(name: string, value: Buffer, lifetimeMs: number): Promise<void>
  /**
   * Takes the lock of this name, or keeps it where `holder` has it already, until `unlock` and at most for `holdMs`, so
   * that a holder that dies stands in nobody's way. Resolves with false while another one holds it.
   */
  lock(name: string, holder: string, holdMs: number): Promise<boolean>
  /** Does nothing where `holder` does not hold it any more. */
  unlock(name: string, holder: string): Promise<void>
}
