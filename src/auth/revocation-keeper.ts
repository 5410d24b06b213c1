import type { Revocation } from './revocations.ts'

/** Where revocations outlive a process, and whence those come that were made elsewhere. */
export interface RevocationKeeper {
  /** Resolves once everything that was revoked before is known here; also when closed. */
  start(): Promise<void>
  /** Resolves with whether these are safe; those that are not hold here, and are tried again. */
  keep(added: readonly Revocation[]): Promise<boolean>
  close(): Promise<void>
}
