import { cost, figure, milliseconds, times } from './figures.ts'
import type { Report } from './report.ts'
import type { SummaryCell, SummaryRow } from './summary.ts'
import { isFaulty, summaryOf } from './summary.ts'
import type { Table } from './table.ts'

const NOTHING = '–'

/** What each scenario costs each broker, and how many times the first broker's cost that is. */
export function costTable(report: Report): Table {
  const [first, ...others] = report.brokers.map(broker => broker.name)
  return {
    headings: ['scenario', 'aim', first ?? '', ...others],
    rows: summaryOf(report).map(row => [
      row.scenario.title,
      row.scenario.aimMicroseconds === undefined ? '' : figure(row.scenario.aimMicroseconds),
      ...row.cells.map((_, index) => costCell(row, index)),
    ]),
  }
}

/** Operations per second, and median and 99th percentile of the latency in milliseconds. */
export function rateTable(report: Report): Table {
  return {
    headings: ['scenario', ...report.brokers.map(broker => broker.name)],
    rows: summaryOf(report)
      .filter(({ scenario }) => scenario.kind !== 'idle')
      .map(({ scenario, cells }) => [scenario.title, ...cells.map(rateCell)]),
  }
}

/** What went wrong: astray messages, warnings of runs, runs without figures. One line each. */
export function remarks(report: Report): readonly string[] {
  const rows = summaryOf(report)
  return [
    ...rows.flatMap(row => row.cells.flatMap((cell, index) => faultRemark(report, row, cell, index))),
    ...rows.flatMap(row => row.cells.flatMap((cell, index) => warningRemarks(report, row, cell, index))),
    ...report.result.failures.map(({ scenario, broker, why }) => `${scenario}, ${broker}: failed: ${why}`),
    ...report.result.leftOut
      .filter(({ why }) => why === 'no time left')
      .map(({ scenario, broker, why }) => `${scenario}, ${broker}: left out: ${why}`),
  ]
}

function costCell({ scenario, cells }: SummaryRow, index: number): string {
  const own = cells[index]?.cost?.median
  if (own === undefined) return NOTHING
  const first = cells[0]?.cost?.median
  const text = cost(own, scenario.kind === 'idle')
  return index === 0 || first === undefined ? text : `${text} (${times(own / first)})`
}

function rateCell(cell: SummaryCell | undefined): string {
  const { perSecond, p50Microseconds, p99Microseconds } = cell ?? {}
  if (perSecond === undefined || p50Microseconds === undefined || p99Microseconds === undefined) return NOTHING
  return `${figure(perSecond.median)}/s, ${milliseconds(p50Microseconds)} / ${milliseconds(p99Microseconds)}`
}

function faultRemark(
  report: Report,
  { scenario }: SummaryRow,
  cell: SummaryCell | undefined,
  index: number,
): readonly string[] {
  if (cell === undefined || !isFaulty(cell.faults)) return []
  const { lost, doubled, reordered, failed } = cell.faults
  const counts = `${lost} lost, ${doubled} doubled, ${reordered} reordered, ${failed} failed`
  return [`${scenario.name}, ${report.brokers[index]?.name}: ${counts}`]
}

function warningRemarks(
  report: Report,
  { scenario }: SummaryRow,
  cell: SummaryCell | undefined,
  index: number,
): readonly string[] {
  const background = cell?.backgroundP99Microseconds
  const name = report.brokers[index]?.name
  return [
    ...(background === undefined
      ? []
      : [`${scenario.name}, ${name}: messages beside it: 99th percentile ${milliseconds(background)} ms`]),
    ...(cell?.measurements ?? [])
      .filter(run => run.issuerRequests !== undefined)
      .map(run => `${scenario.name}, ${name}: ${run.issuerRequests} requests to the authorization server`),
    ...(cell?.measurements ?? []).flatMap(({ redisCommands }) =>
      redisCommands === undefined ? [] : [`${scenario.name}, ${name}: ${figure(redisCommands)} Redis commands each`],
    ),
    ...new Set(cell?.measurements.flatMap(run => run.warnings.map(text => `${scenario.name}, ${name}: ${text}`))),
  ]
}
