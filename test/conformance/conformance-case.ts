import type { SuiteVersion } from '../support/conformance-packets.ts'
import type { Target } from '../support/conformance-wire.ts'
import { Bench, NotApplicable } from './bench.ts'

/** What a case does; it fails by throwing. */
export type Flow = (bench: Bench) => Promise<void>

/** One test of one normative statement. */
export interface ConformanceCase {
  readonly version: SuiteVersion
  /** Id of the statement: `3.1.2-22`. */
  readonly statement: string
  readonly name: string
  readonly flow: Flow
}

/** One row of a chapter: the statement, what is to be seen, how. */
export type CaseRow = readonly [statement: string, name: string, flow: Flow]

/** What became of a case. */
export type Outcome =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'not-applicable'; readonly why: string }

/** The cases of a chapter. */
export function casesOf(version: SuiteVersion, rows: readonly CaseRow[]): readonly ConformanceCase[] {
  return rows.map(([statement, name, flow]) => ({ version, statement, name, flow }))
}

/** The name that a case goes by in every report. */
export function titleOf({ version, statement, name }: ConformanceCase): string {
  return `${version === 5 ? 'v5' : 'v3.1.1'} [MQTT-${statement}] ${name}`
}

/** What of a case says how it is run. */
export type Runnable = Pick<ConformanceCase, 'version' | 'flow'>

/** Runs a case and leaves nothing behind; throws what the case throws. */
export async function runCase(target: Target, { version, flow }: Runnable): Promise<void> {
  const bench = new Bench(target, version)
  try {
    await flow(bench)
  } finally {
    await bench.close()
  }
}

/** Runs a case and says what became of it. */
export async function judge(target: Target, conformanceCase: Runnable): Promise<Outcome> {
  try {
    await runCase(target, conformanceCase)
    return { kind: 'passed' }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { kind: error instanceof NotApplicable ? 'not-applicable' : 'failed', why }
  }
}
