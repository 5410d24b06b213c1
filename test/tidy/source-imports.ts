import type { ScannedSource, SourceToken } from './source-tokens.ts'

/** Something that a file imports, loads as a thread, or exports again. */
export interface SourceImport {
  readonly specifier: string
  readonly line: number
  /** Whether it is `import type` or `export type`, which nothing is left of when the program runs. */
  readonly typeOnly: boolean
}

/** Every module that a source file names: `import` and `export … from` (types too), `import()`, `new URL('./x.ts', …)`. */
export function importsOf({ tokens }: ScannedSource): readonly SourceImport[] {
  return tokens.flatMap((token, index) => {
    if (token.kind !== 'string') return []
    const [first, second] = [tokens[index - 2], tokens[index - 1]]
    const named = second?.kind === 'word' && (second.text === 'from' || second.text === 'import')
    const called = second?.text === '(' && (first?.text === 'import' || first?.text === 'require')
    const located = second?.text === '(' && first?.text === 'URL' && /^\.{1,2}\/.*\.ts$/.test(token.text)
    if (!named && !called && !located) return []
    return [{ specifier: token.text, line: token.line, typeOnly: named && isTypeClause(tokens, index) }]
  })
}

// Back from the specifier to the `import` or `export` that begins the clause; `type` stands right behind it.
function isTypeClause(tokens: readonly SourceToken[], specifierIndex: number): boolean {
  const start = tokens.findLastIndex(
    ({ kind, text }, index) => index < specifierIndex && kind === 'word' && (text === 'import' || text === 'export'),
  )
  const [first, second] = [tokens[start + 1], tokens[start + 2]]
  return first?.text === 'type' && second?.text !== 'from' && second?.text !== ','
}
