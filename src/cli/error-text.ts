const CAUSES_MAX = 5

/** What an error and its causes say, in one line each, without stacks. */
export function errorText(error: unknown): string {
  const lines: string[] = []
  let current = error
  while (current !== undefined && lines.length < CAUSES_MAX) {
    lines.push(current instanceof Error ? current.message : `a thrown ${typeof current}`)
    current = current instanceof Error ? current.cause : undefined
  }
  return lines.join('\n  because ')
}
