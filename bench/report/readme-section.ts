import { machineLine } from './machine.ts'
import type { Report } from './report.ts'
import { renderMarkdown } from './table.ts'
import { costTable, rateTable } from './tables.ts'

const BEGIN = '<!-- latest run: begin -->'
const END = '<!-- latest run: end -->'

/** The document with the section between its markers made from this report. */
export function withLatestRun(document: string, report: Report): string {
  const begin = document.indexOf(BEGIN)
  const end = document.indexOf(END)
  if (begin === -1 || end < begin) throw new Error(`the document lacks ${BEGIN} and ${END}`)
  return `${document.slice(0, begin)}${BEGIN}\n\n${section(report)}\n\n${document.slice(end)}`
}

function section(report: Report): string {
  const { measuredSeconds } = report.size
  return [
    `${machineLine(report.machine)}. Median of ${report.repetitions}, ${measuredSeconds} s each.`,
    `Versions: ${report.brokers.map(({ name, version }) => `${name} ${version}`).join(', ')}.`,
    '',
    `CPU of the broker in µs per delivered message or connection, for idle clients memory each; × is times ${report.brokers[0]?.name}'s:`,
    '',
    renderMarkdown(costTable(report)),
    '',
    'Delivered or connected per second, and latency p50 / p99 in milliseconds:',
    '',
    renderMarkdown(rateTable(report)),
  ].join('\n')
}
