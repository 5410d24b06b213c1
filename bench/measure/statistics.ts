/** The middle of several figures; the mean of the two in the middle when their number is even. */
export function median(figures: readonly number[]): number | undefined {
  const sorted = figures.toSorted((one, other) => one - other)
  const upper = sorted[Math.floor(sorted.length / 2)]
  const lower = sorted[Math.ceil(sorted.length / 2) - 1]
  return upper === undefined || lower === undefined ? undefined : (upper + lower) / 2
}

/** A figure of several repetitions. */
export interface Spread {
  readonly median: number
  readonly lowest: number
  readonly highest: number
}

/** Median and extremes of the figures that are known; undefined when none is. */
export function spread(figures: readonly (number | undefined)[]): Spread | undefined {
  const known = figures.filter(figure => figure !== undefined)
  const middle = median(known)
  if (middle === undefined) return undefined
  return { median: middle, lowest: Math.min(...known), highest: Math.max(...known) }
}
