import { barChart } from './bar-chart.ts'
import { cost, figure } from './figures.ts'
import { STYLE } from './html-style.ts'
import { escaped } from './html-text.ts'
import { latencyChart } from './latency-chart.ts'
import { machineLine } from './machine.ts'
import type { Report } from './report.ts'
import type { SummaryCell, SummaryRow } from './summary.ts'
import { summaryOf } from './summary.ts'
import type { Table } from './table.ts'
import { costTable, rateTable, remarks } from './tables.ts'

const SERIES = 8

/** One page with tables and charts that needs nothing else, neither scripts nor the network. */
export function htmlReport(report: Report): string {
  const rows = summaryOf(report)
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>guardbee benchmark</title><style>${STYLE}</style></head><body>`,
    '<h1>guardbee benchmark</h1>',
    `<p>${escaped(machineLine(report.machine))}. Median of ${report.repetitions}, ${report.size.measuredSeconds} s each.</p>`,
    key(report),
    '<h2>Cost</h2><p>CPU of the broker in µs per delivered message or connection; for idle clients the memory of each. × is times the first broker.</p>',
    htmlTable(costTable(report)),
    '<h2>Rate and latency</h2><p>Delivered or connected per second, and latency p50 / p99 in milliseconds.</p>',
    htmlTable(rateTable(report)),
    '<h2>Scenarios</h2><p>Shorter is better for cost and latency, longer for rate. The line across a bar is the spread of the repetitions.</p>',
    ...rows.map(row => card(report, row)),
    remarkList(remarks(report)),
    '</body></html>\n',
  ].join('\n')
}

function key({ brokers }: Report): string {
  const items = brokers.map(({ name, version }, index) => {
    return `<span><i class="s${index % SERIES}"></i>${escaped(name)} <span class="quiet">${escaped(version)}</span></span>`
  })
  return `<div class="key">${items.join('')}</div>`
}

function card(report: Report, row: SummaryRow): string {
  const { scenario } = row
  const isIdle = scenario.kind === 'idle'
  const what = scenario.kind === 'storm' ? 'connection' : 'message'
  const costs = bars(
    report,
    row,
    cell => cell.cost,
    value => cost(value, isIdle),
  )
  const rates = bars(
    report,
    row,
    cell => cell.perSecond,
    value => `${figure(value)}/s`,
  )
  return [
    `<section class="card"><h3>${escaped(scenario.title)}</h3>`,
    `<p>${escaped(scenario.name)}${scenario.aimMicroseconds === undefined ? '' : ` · aim ${figure(scenario.aimMicroseconds)} µs`}</p>`,
    '<div class="charts">',
    costs.length === 0 ? '' : barChart(isIdle ? 'Memory per client' : `CPU µs per ${what}`, costs),
    rates.length === 0 ? '' : barChart(`${what === 'message' ? 'Messages' : 'Connections'} per second`, rates),
    latencies(report, row),
    '</div></section>',
  ].join('')
}

function bars(
  { brokers }: Report,
  { cells }: SummaryRow,
  of: (cell: SummaryCell) => SummaryCell['cost'],
  text: (value: number) => string,
): Parameters<typeof barChart>[1] {
  return cells.flatMap((cell, index) => {
    const figures = cell === undefined ? undefined : of(cell)
    if (figures === undefined) return []
    const { median, lowest, highest } = figures
    const label = brokers[index]?.name ?? ''
    return [{ label, series: index % SERIES, value: median, text: text(median), lowest, highest }]
  })
}

// Of several repetitions the one with the median 99th percentile is drawn whole, for percentiles do not average.
function latencies({ brokers }: Report, { cells }: SummaryRow): string {
  const curves = cells.flatMap((cell, index) => {
    const typical = cell?.measurements.toSorted((one, other) => p99(one) - p99(other))[
      Math.floor((cell.measurements.length - 1) / 2)
    ]
    if (typical === undefined || typical.latency.count === 0) return []
    return [{ label: brokers[index]?.name ?? '', series: index % SERIES, points: typical.latency.points }]
  })
  return curves.length === 0 ? '' : latencyChart('Latency over percentiles', curves)
}

function p99(measurement: SummaryCell['measurements'][number]): number {
  return measurement.latency.points.find(point => point.percentile === 99)?.microseconds ?? 0
}

function htmlTable({ headings, rows }: Table): string {
  const head = headings.map(heading => `<th>${escaped(heading)}</th>`).join('')
  const body = rows.map(row => `<tr>${row.map(cell => `<td>${escaped(cell)}</td>`).join('')}</tr>`).join('')
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`
}

function remarkList(lines: readonly string[]): string {
  if (lines.length === 0) return ''
  return `<h2>Remarks</h2><ul>${lines.map(line => `<li>${escaped(line)}</li>`).join('')}</ul>`
}
