import { within } from '../../auth/within.ts'
import type { Clock } from '../../ports/clock.ts'
import { errorText } from '../error-text.ts'
import { fail, type Finding } from './finding.ts'

/** One thing to look at. */
export interface Check {
  readonly name: string
  readonly look: () => Promise<readonly Finding[]>
}

const CHECK_MS = 20_000

/** Runs the checks beside each other; one that gives no answer in 20 seconds, or throws, has failed. In their order. */
export async function runChecks(checks: readonly Check[], clock: Clock): Promise<readonly Finding[]> {
  const found = await Promise.all(
    checks.map(({ name, look }) => {
      const late = (): readonly Finding[] => [
        fail(name, `no answer within ${CHECK_MS / 1_000} s`, 'see what holds it up: a disk or a server that hangs'),
      ]
      return within(clock, CHECK_MS, look(), late).catch((error: unknown) => [
        fail(name, errorText(error), 'see why above'),
      ])
    }),
  )
  return found.flat()
}
