import type { Target } from '../support/conformance-wire.ts'
import { judge } from './conformance-case.ts'
import type { ConformanceCase, Outcome } from './conformance-case.ts'

/** A case and what became of it. */
export interface Judged {
  readonly conformanceCase: ConformanceCase
  readonly outcome: Outcome
}

/** Runs cases against a broker, `atOnce` at a time, and tells of each when it is done. */
export async function runCases(
  target: Target,
  cases: readonly ConformanceCase[],
  atOnce: number,
  done: (judged: Judged) => void = () => {},
): Promise<readonly Judged[]> {
  const judged: Judged[] = []
  const waiting = cases.values()
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const conformanceCase of waiting) {
        const entry = { conformanceCase, outcome: await judge(target, conformanceCase) }
        judged.push(entry)
        done(entry)
      }
    }),
  )
  return judged
}
