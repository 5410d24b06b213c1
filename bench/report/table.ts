/** A table before it is rendered; the first column is text, the others are figures. */
export interface Table {
  readonly headings: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** With columns of equal width, for a terminal. */
export function renderText({ headings, rows }: Table): string {
  const lines = [headings, ...rows]
  const widths = headings.map((_, column) => Math.max(...lines.map(line => line[column]?.length ?? 0)))
  const rule = widths.map(width => '-'.repeat(width))
  return [headings, rule, ...rows].map(line => padded(line, widths).join('  ').trimEnd()).join('\n')
}

/** For a document. */
export function renderMarkdown({ headings, rows }: Table): string {
  const rule = headings.map((_, column) => (column === 0 ? '---' : '---:'))
  return [headings, rule, ...rows].map(line => `| ${line.join(' | ')} |`).join('\n')
}

function padded(line: readonly string[], widths: readonly number[]): readonly string[] {
  return widths.map((width, column) => {
    const cell = line[column] ?? ''
    return column === 0 ? cell.padEnd(width) : cell.padStart(width)
  })
}
