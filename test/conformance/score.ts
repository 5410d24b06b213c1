import type { SuiteVersion } from '../support/conformance-packets.ts'
import { titleOf } from './conformance-case.ts'
import type { Judged } from './run-cases.ts'
import { chapterOf } from './statement.ts'
import type { Statement } from './statement.ts'

/** How a broker stands in one chapter of one version. */
export interface ChapterScore {
  readonly version: SuiteVersion
  readonly chapter: string
  /** Statements of the chapter. */
  readonly statements: number
  /** Of these, how many bind a server and were asked of this one. */
  readonly covered: number
  readonly passed: number
  /** Statements that were not asked, each with the reason. */
  readonly notApplicable: readonly NotAsked[]
}

/** A statement that a broker was not judged by. */
export interface NotAsked {
  readonly id: string
  readonly why: string
}

/** A case that a broker failed. */
export interface Failure {
  readonly title: string
  readonly why: string
}

/** The chapters of the statements, in their order, with what the judged cases say of them. */
export function scoreChapters(statements: readonly Statement[], judged: readonly Judged[]): readonly ChapterScore[] {
  const chapters = Map.groupBy(statements, ({ version, id }) => `${version} ${chapterOf(id)}`)
  return Array.from(chapters.values(), ofChapter => scoreChapter(ofChapter, judged))
}

/** The cases that failed, each with the reason. */
export function failuresOf(judged: readonly Judged[]): readonly Failure[] {
  return judged.flatMap(({ conformanceCase, outcome }) =>
    outcome.kind === 'failed' ? [{ title: titleOf(conformanceCase), why: outcome.why }] : [],
  )
}

function scoreChapter(statements: readonly Statement[], judged: readonly Judged[]): ChapterScore {
  const notApplicable: NotAsked[] = []
  let covered = 0
  let passed = 0
  for (const statement of statements) {
    const why = statement.exemptBecause ?? whyNotAsked(statement, judged)
    if (why !== undefined) {
      notApplicable.push({ id: statement.id, why })
      continue
    }
    covered += 1
    if (outcomesOf(statement, judged).every(({ kind }) => kind !== 'failed')) passed += 1
  }
  const [first] = statements
  if (first === undefined) throw new RangeError('a chapter has statements')
  const { version, id } = first
  return { version, chapter: chapterOf(id), statements: statements.length, covered, passed, notApplicable }
}

/** A statement counts as asked when one of its cases was. */
function whyNotAsked(statement: Statement, judged: readonly Judged[]): string | undefined {
  const outcomes = outcomesOf(statement, judged)
  const [first] = outcomes
  if (first === undefined) return 'no case was run'
  return outcomes.every(({ kind }) => kind === 'not-applicable') && first.kind === 'not-applicable'
    ? first.why
    : undefined
}

function outcomesOf({ version, id }: Statement, judged: readonly Judged[]): readonly Judged['outcome'][] {
  return judged
    .filter(({ conformanceCase }) => conformanceCase.version === version && conformanceCase.statement === id)
    .map(({ outcome }) => outcome)
}
