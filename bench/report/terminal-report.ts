import { machineLine } from './machine.ts'
import type { Report } from './report.ts'
import { renderText } from './table.ts'
import { costTable, rateTable, remarks } from './tables.ts'

/** The report as it is printed at the end of a run. */
export function terminalReport(report: Report): string {
  const [first] = report.brokers
  const notes = remarks(report)
  return [
    machineLine(report.machine),
    report.brokers.map(({ name, version }) => `${name} ${version}`).join(', '),
    '',
    `CPU of the broker, µs per delivered message or connection (idle clients: memory each); × is times ${first?.name}'s`,
    '',
    renderText(costTable(report)),
    '',
    'Delivered or connected per second, and latency p50 / p99 in milliseconds',
    '',
    renderText(rateTable(report)),
    ...(notes.length === 0 ? [] : ['', 'Remarks', '', ...notes]),
    '',
  ].join('\n')
}
