import { escaped } from './html-text.ts'

/** One bar. */
export interface Bar {
  readonly label: string
  /** Chooses the colour; alike for a broker in all charts. */
  readonly series: number
  readonly value: number
  readonly text: string
  /** The extremes over the repetitions, drawn as a line across the end of the bar. */
  readonly lowest: number
  readonly highest: number
}

const WIDTH = 420
const LABEL_WIDTH = 104
const TEXT_WIDTH = 96
const ROW_HEIGHT = 24
const BAR_HEIGHT = 14
const PLOT_WIDTH = WIDTH - LABEL_WIDTH - TEXT_WIDTH

/** Bars side by side in one scale that begins at zero. */
export function barChart(title: string, bars: readonly Bar[]): string {
  const largest = Math.max(...bars.map(bar => bar.highest), Number.MIN_VALUE)
  const height = bars.length * ROW_HEIGHT
  const rows = bars.map((bar, row) => barRow(bar, row, largest)).join('')
  return `<figure><figcaption>${escaped(title)}</figcaption><svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">${rows}</svg></figure>`
}

function barRow({ label, series, value, text, lowest, highest }: Bar, row: number, largest: number): string {
  const x = (figure: number): string => (LABEL_WIDTH + (figure / largest) * PLOT_WIDTH).toFixed(1)
  const top = row * ROW_HEIGHT + (ROW_HEIGHT - BAR_HEIGHT) / 2
  const middle = row * ROW_HEIGHT + ROW_HEIGHT / 2
  const width = Math.max(1, (value / largest) * PLOT_WIDTH).toFixed(1)
  const textAt = (LABEL_WIDTH + (highest / largest) * PLOT_WIDTH + 6).toFixed(1)
  return [
    `<text x="${LABEL_WIDTH - 8}" y="${middle}" class="label">${escaped(label)}</text>`,
    `<rect x="${LABEL_WIDTH}" y="${top}" width="${width}" height="${BAR_HEIGHT}" rx="2" class="s${series}"/>`,
    highest > lowest ? `<path d="M${x(lowest)} ${middle}H${x(highest)}" class="spread"/>` : '',
    `<text x="${textAt}" y="${middle}" class="value">${escaped(text)}</text>`,
  ].join('')
}
