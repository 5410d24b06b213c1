import type { LatencyPoint } from '../measure/measurement.ts'
import { escaped } from './html-text.ts'

/** The latencies of one broker. */
export interface LatencyCurve {
  readonly label: string
  readonly series: number
  readonly points: readonly LatencyPoint[]
}

const WIDTH = 420
const HEIGHT = 200
const LEFT = 56
const RIGHT = 14
const TOP = 10
const BOTTOM = 26
const TICKS = [50, 90, 99, 99.9, 99.99]
/** The largest value stands here, a step beyond the last percentile. */
const LAST_PERCENTILE = 99.999
const SHORTEST_MICROSECONDS = 10

/** Latency over percentiles. Both scales are logarithmic, the lower one in what remains above a percentile. */
export function latencyChart(title: string, curves: readonly LatencyCurve[]): string {
  const values = curves.flatMap(curve => curve.points.map(point => point.microseconds))
  const lowest = 10 ** Math.floor(Math.log10(Math.max(SHORTEST_MICROSECONDS, Math.min(...values))))
  const highest = 10 ** Math.ceil(Math.log10(Math.max(lowest * 10, ...values)))
  const y = (microseconds: number): number => {
    const share = Math.log(Math.max(lowest, microseconds) / lowest) / Math.log(highest / lowest)
    return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)
  }
  const body = [rules(lowest, highest, y), ticks(), ...curves.map(curve => line(curve, y))].join('')
  return `<figure><figcaption>${escaped(title)}</figcaption><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">${body}</svg></figure>`
}

function x(percentile: number): number {
  const nines = (value: number): number => -Math.log10(1 - Math.min(value, LAST_PERCENTILE) / 100)
  return LEFT + (nines(percentile) / nines(LAST_PERCENTILE)) * (WIDTH - LEFT - RIGHT)
}

function line({ series, points }: LatencyCurve, y: (microseconds: number) => number): string {
  const path = points.map((point, index) => {
    return `${index === 0 ? 'M' : 'L'}${x(point.percentile).toFixed(1)} ${y(point.microseconds).toFixed(1)}`
  })
  return `<path d="${path.join('')}" class="curve c${series}"/>`
}

function rules(lowest: number, highest: number, y: (microseconds: number) => number): string {
  const lines: string[] = []
  for (let value = lowest; value <= highest * 1.001; value *= 10) {
    const at = y(value).toFixed(1)
    lines.push(
      `<path d="M${LEFT} ${at}H${WIDTH - RIGHT}" class="rule"/><text x="${LEFT - 6}" y="${at}" class="label">${ruleLabel(value)}</text>`,
    )
  }
  return lines.join('')
}

// Rules stand at powers of ten, which need no rounding.
function ruleLabel(microseconds: number): string {
  return microseconds >= 1_000_000 ? `${microseconds / 1_000_000} s` : `${microseconds / 1_000} ms`
}

function ticks(): string {
  return TICKS.map(percentile => {
    return `<text x="${x(percentile).toFixed(1)}" y="${HEIGHT - 8}" class="tick">${percentile} %</text>`
  }).join('')
}
