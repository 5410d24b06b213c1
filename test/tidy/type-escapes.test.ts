import { describe, it } from 'node:test'
import { assertNone } from './report.ts'
import { sourceFiles } from './source-tree.ts'
import type { SourceFile } from './source-tree.ts'
import type { SourceComment, SourceToken } from './source-tokens.ts'

const COMMENT_LINES_ABOVE_A_CAST = 4
const SILENCERS = /@ts-(?:ignore|expect-error|nocheck)|(?:oxlint|eslint)-disable|biome-ignore/
const BEFORE_TYPE = new Set([':', '<', '|', '&', '=>', 'as', 'is', 'extends', 'satisfies', 'readonly'])

describe('types are not escaped from', () => {
  it('no any', () => {
    assertNone(offencesIn(isAny), 'Take `unknown` and check it; the check is a function with a name.')
  })

  it('no non-null assertion', () => {
    assertNone(
      offencesIn(isNonNull),
      'Ask for undefined and say what happens then, or keep the value where it is known to be there.',
    )
  })

  it('a cast stands alone in a function that says why it holds', () => {
    const offences = sourceFiles.flatMap(file =>
      casts(file)
        .filter(token => !isExplained(file, token))
        .map(token => `${file.path}:${token.line} casts by \`as\``),
    )
    assertNone(
      offences,
      'Narrow by a check. A cast that is proven is the `return` of a small named function under a comment that says why.',
    )
  })

  it('no comment silences the compiler or the linter', () => {
    const offences = sourceFiles.flatMap(file =>
      file.scanned.comments
        .filter(({ text }) => SILENCERS.test(text))
        .map(({ line }) => `${file.path}:${line} silences a check`),
    )
    assertNone(offences, 'Change the code so that the check holds.')
  })
})

type Judge = (token: SourceToken, before: SourceToken | undefined, after: SourceToken | undefined) => boolean

function offencesIn(judge: Judge): readonly string[] {
  return sourceFiles.flatMap(file => {
    const { tokens } = file.scanned
    return tokens
      .filter((token, index) => judge(token, tokens[index - 1], tokens[index + 1]))
      .map(token => `${file.path}:${token.line} uses \`${token.text}\``)
  })
}

// Only where a type stands; `any` is a fine name for a value or a method.
function isAny(token: SourceToken, before: SourceToken | undefined, after: SourceToken | undefined): boolean {
  if (token.kind !== 'word' || token.text !== 'any') return false
  return BEFORE_TYPE.has(before?.text ?? '') || (before?.text === ',' && after?.text === '>')
}

// `value!`: the mark stands close behind a value; the one of a negation has a space or an operator before it.
function isNonNull(token: SourceToken, before: SourceToken | undefined): boolean {
  if (token.text !== '!' || token.kind !== 'punctuation' || !token.adjacent) return false
  return before?.kind === 'word' || before?.text === ')' || before?.text === ']'
}

function casts({ scanned: { tokens } }: SourceFile): readonly SourceToken[] {
  const found: SourceToken[] = []
  let inModuleClause = false
  for (const [index, token] of tokens.entries()) {
    const next = tokens[index + 1]
    if (token.kind === 'word' && (token.text === 'import' || token.text === 'export')) {
      inModuleClause = next?.text === '{' || next?.text === '*' || next?.text === 'type'
    }
    if (inModuleClause && (token.text === '=' || token.text === '}' || token.kind === 'string')) inModuleClause = false
    if (!inModuleClause && isCast(token, tokens[index - 1], next)) found.push(token)
  }
  return found
}

function isCast(token: SourceToken, before: SourceToken | undefined, after: SourceToken | undefined): boolean {
  if (token.kind !== 'word' || token.text !== 'as' || after?.text === 'const') return false
  const followsValue =
    before !== undefined && before.text !== '.' && (before.kind !== 'punctuation' || ')]}'.includes(before.text))
  const precedesType = after?.kind === 'word' || after?.kind === 'string' || after?.text === '{' || after?.text === '['
  return followsValue && precedesType
}

function isExplained(file: SourceFile, cast: SourceToken): boolean {
  const line = file.text.split('\n')[cast.line - 1] ?? ''
  return /^\s*return\b|=>/.test(line) && file.scanned.comments.some(comment => endsAbove(comment, cast.line))
}

function endsAbove(comment: SourceComment, line: number): boolean {
  const distance = line - (comment.line + comment.text.split('\n').length - 1)
  return distance > 0 && distance <= COMMENT_LINES_ABOVE_A_CAST
}
