import type { Target } from '../support/conformance-wire.ts'
import { judge } from './conformance-case.ts'
import type { ConformanceCase, Outcome, Runnable } from './conformance-case.ts'

/** A case and what became of it. */
export interface Judged<Case extends Runnable = ConformanceCase> {
  readonly conformanceCase: Case
  readonly outcome: Outcome
}

/** Runs cases against a broker, `atOnce` at a time. */
export async function runCases<Case extends Runnable>(
  target: Target,
  cases: readonly Case[],
  atOnce: number,
): Promise<readonly Judged<Case>[]> {
  const judged: Judged<Case>[] = []
  const waiting = cases.values()
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const conformanceCase of waiting) {
        judged.push({ conformanceCase, outcome: await judge(target, conformanceCase) })
      }
    }),
  )
  return judged
}
