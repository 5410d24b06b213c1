/** How figures are written: enough digits to compare, not more than were measured. */

export function figure(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString('en')
  if (value >= 100) return value.toFixed(0)
  return value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

export function milliseconds(microseconds: number): string {
  return figure(microseconds / 1_000)
}

/** `18×`: so many times as much. */
export function times(ratio: number): string {
  return `${ratio >= 10 ? ratio.toFixed(0) : ratio.toFixed(2)}×`
}

/** A cost of a scenario: microseconds as they are, bytes in KiB. */
export function cost(value: number, inBytes: boolean): string {
  return inBytes ? `${(value / 1_024).toFixed(1)} KiB` : figure(value)
}
