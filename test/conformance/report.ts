import type { SuiteVersion } from '../support/conformance-packets.ts'
import { knownFaultOf } from './mosquitto-faults.ts'
import type { Judged } from './run-cases.ts'
import { failuresOf, scoreChapters } from './score.ts'
import type { ChapterScore, Failure } from './score.ts'
import { chapterTitle } from './statement.ts'
import type { Statement } from './statement.ts'
import type { Case31 } from './v31-cases.ts'

/** A broker and all that was judged of it. */
export interface BrokerResult {
  readonly name: string
  readonly release: string
  readonly versions: readonly SuiteVersion[]
  readonly judged: readonly Judged[]
  /** The cases of MQTT 3.1, whose text does not number its statements; empty: it was not asked. */
  readonly judged31: readonly Judged<Case31>[]
}

const VERSION_NAMES: Readonly<Record<SuiteVersion, string>> = { 5: 'MQTT 5.0', 4: 'MQTT 3.1.1', 3: 'MQTT 3.1' }

/** What is printed of one broker: a line per chapter, what was not asked, and what failed. */
export function printedReport(result: BrokerResult, statements: readonly Statement[]): string {
  const scores = scoreChapters(statementsFor(result, statements), result.judged)
  const lines = scores.flatMap(score => [
    `${VERSION_NAMES[score.version]}  ${chapterName(score)}: ${score.covered} covered, ${score.passed} passed, ${score.notApplicable.length} not applicable`,
    ...score.notApplicable.map(({ id, why }) => `    ${id}: ${why}`),
  ])
  const failures = allFailures(result).map(({ title, why }) => `  FAIL ${title}\n       ${firstLine(why)}`)
  const { judged31 } = result
  const line31 = judged31.length === 0 ? [] : [`MQTT 3.1  ${judged31.length} cases, ${passedOf(judged31)} passed`]
  return [`${result.name} ${result.release}`, ...lines, ...line31, ...failures, `in all: ${totals(scores)}`, ''].join(
    '\n',
  )
}

/** The table that the README links. */
export function resultsPage(results: readonly BrokerResult[], statements: readonly Statement[]): string {
  return [
    '# Conformance',
    '',
    'Written by `npm run conformance -- --brokers`; do not edit. Each normative statement of the OASIS texts that binds a',
    'server has at least one test that is run over the wire against each broker with its defaults. A cell is *passed /',
    'covered*; covered are the statements that could be asked of the broker. Not for a server: they bind a client only or',
    'cannot be asked from outside; `statements-v5.ts` and `statements-v311.ts` say why for each.',
    '',
    ...([5, 4] as const).flatMap(version => versionTable(version, results, statements)),
    ...table31(results),
    ...results.flatMap(failureList),
  ].join('\n')
}

function versionTable(
  version: SuiteVersion,
  results: readonly BrokerResult[],
  statements: readonly Statement[],
): readonly string[] {
  const speaking = results.filter(({ versions }) => versions.includes(version))
  const ofVersion = statements.filter(statement => statement.version === version)
  const columns = speaking.map(({ judged }) => scoreChapters(ofVersion, judged))
  const rows = (columns[0] ?? []).map((score, index) => {
    const exempt = ofVersion.filter(
      ({ id, exemptBecause }) => exemptBecause !== undefined && sameChapter(id, score),
    ).length
    const cells = columns.map(column => cell(column[index]))
    return `| ${chapterName(score)} | ${score.statements} | ${exempt} | ${cells.join(' | ')} |`
  })
  const sums = columns.map(column => `**${sum(column, 'passed')} / ${sum(column, 'covered')}**`)
  return [
    `## ${VERSION_NAMES[version]}`,
    '',
    `| Chapter | Statements | Not for a server | ${speaking.map(({ name, release }) => `${name} ${release}`).join(' | ')} |`,
    `|---|---|---|${speaking.map(() => '---|').join('')}`,
    ...rows,
    `| **All** | ${ofVersion.length} | ${ofVersion.filter(({ exemptBecause }) => exemptBecause !== undefined).length} | ${sums.join(' | ')} |`,
    '',
  ]
}

/** The text of MQTT 3.1 does not number its statements, so its cases are counted. */
function table31(results: readonly BrokerResult[]): readonly string[] {
  const asked = results.filter(({ judged31 }) => judged31.length > 0)
  return [
    '## MQTT 3.1',
    '',
    `| | ${asked.map(({ name, release }) => `${name} ${release}`).join(' | ')} |`,
    `|---|${asked.map(() => '---|').join('')}`,
    `| Cases | ${asked.map(({ judged31 }) => `${passedOf(judged31)} / ${judged31.length}`).join(' | ')} |`,
    '',
  ]
}

function passedOf(judged31: readonly Judged<Case31>[]): number {
  return judged31.filter(({ outcome }) => outcome.kind === 'passed').length
}

/** The cases that failed, of all versions. */
export function allFailures({ judged, judged31 }: BrokerResult): readonly Failure[] {
  const failures31 = judged31.flatMap(({ conformanceCase, outcome }) =>
    outcome.kind === 'failed' ? [{ title: `v3.1 ${conformanceCase.name}`, why: outcome.why }] : [],
  )
  return [...failuresOf(judged), ...failures31]
}

function failureList(result: BrokerResult): readonly string[] {
  const { name, release } = result
  const failures = allFailures(result).toSorted((a, b) => a.title.localeCompare(b.title, 'en'))
  if (failures.length === 0) return [`## ${name} ${release}: no test failed`, '']
  return [
    `## ${name} ${release}: what failed`,
    '',
    ...failures.map(({ title, why }) => `- ${title}: ${knownFaultOf(name, release, title) ?? firstLine(why)}`),
    '',
  ]
}

function statementsFor({ versions }: BrokerResult, statements: readonly Statement[]): readonly Statement[] {
  return statements.filter(({ version }) => versions.includes(version))
}

function sameChapter(id: string, { chapter }: ChapterScore): boolean {
  return id.startsWith(`${chapter}.`) || id.startsWith(`${chapter}-`)
}

function chapterName({ version, chapter }: ChapterScore): string {
  return `${chapter} ${chapterTitle(version, chapter)}`
}

function cell(score: ChapterScore | undefined): string {
  if (score === undefined || score.covered === 0) return '–'
  return `${score.passed} / ${score.covered}`
}

function sum(scores: readonly ChapterScore[], field: 'passed' | 'covered'): number {
  return scores.reduce((total, score) => total + score[field], 0)
}

function totals(scores: readonly ChapterScore[]): string {
  return `${sum(scores, 'passed')} of ${sum(scores, 'covered')} covered statements passed`
}

function firstLine(text: string): string {
  const [line = ''] = text
    .replaceAll('\0', '\\0')
    .split('\n')
    .filter(part => part.trim() !== '')
  return line.slice(0, 160)
}
