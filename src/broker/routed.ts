import { safetyOf } from '../core/partly-refused.ts'

/** What became of a message; valid until the next one is routed. */
export interface Routed {
  /** Whether anybody gets it (v5 reason code 0x10 otherwise). */
  readonly matched: boolean
  /** Undefined: it is safe now. Else resolves once it is in every queue and on its way to every worker. */
  readonly safe: Promise<unknown> | undefined
  /** Which of the messages that `safe` stands for this one is, should it reject with `PartlyRefused`. */
  readonly share: number
}

/** Nobody gets it. */
export const NOBODY: Routed = { matched: false, safe: undefined, share: 0 }
/** Everybody has it. */
export const DELIVERED: Routed = { matched: true, safe: undefined, share: 0 }

/** The same where the message is retained as well, once `retained` resolves. */
export function withRetained(routed: Routed, retained: Promise<void> | undefined): Routed {
  if (retained === undefined) return routed
  const safe = routed.safe && safetyOf(routed.safe, routed.share)
  return { matched: routed.matched, safe: Promise.all([retained, safe]), share: 0 }
}
