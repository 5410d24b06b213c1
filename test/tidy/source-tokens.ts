/** A small scanner of TypeScript: enough to tell code from strings and comments, and nothing more. */

/** One token of a source file. */
export interface SourceToken {
  readonly kind: 'word' | 'number' | 'string' | 'template' | 'regex' | 'punctuation'
  /** As written; of a string without its quotes. */
  readonly text: string
  readonly line: number
  /** Whether it follows the token before it without a space. */
  readonly adjacent: boolean
}

/** A comment with its markers. */
export interface SourceComment {
  readonly text: string
  readonly line: number
}

/** What a source file consists of. */
export interface ScannedSource {
  readonly tokens: readonly SourceToken[]
  readonly comments: readonly SourceComment[]
}

const WORD = /[\p{ID_Start}$_#@][\p{ID_Continue}$]*/uy
const NUMBER = /\d[\w.]*/y
const SPACE = /\s+/y
const COMMENT = /^#![^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\//y
const STRING = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y
const REGEX = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y
const TEMPLATE_TEXT = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y
const PUNCTUATION = /\.\.\.|=>|[!=]==?|\?\?=?|\?\.(?!\d)|[&|]{2}=?|\*\*=?|[-+]{2}|[-+*/%&|^]=|[^\s\w]/y
// After these words, and after most punctuation, a slash begins a regular expression.
const BEFORE_EXPRESSION = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'await',
  'yield',
  'throw',
  'else',
  'do',
  'void',
])

/** Scans a source file. Text inside `${}` of a template is scanned like the rest. */
export function scanSource(source: string): ScannedSource {
  const tokens: SourceToken[] = []
  const comments: SourceComment[] = []
  // For each open brace: whether it is the `${` of a template.
  const braces: boolean[] = []
  let position = 0
  let line = 1
  let adjacent = false

  function take(pattern: RegExp): string | undefined {
    pattern.lastIndex = position
    const found = pattern.exec(source)?.[0]
    if (found === undefined) return undefined
    position += found.length
    return found
  }

  function add(kind: SourceToken['kind'], text: string, written = text): void {
    tokens.push({ kind, text, line, adjacent })
    line += newlines(written)
    adjacent = true
  }

  function templateText(): void {
    const text = take(TEMPLATE_TEXT) ?? ''
    add('template', text)
    if (source[position] === '`') position += 1
    else {
      braces.push(true)
      position += 2
    }
  }

  function step(): void {
    const space = take(SPACE) ?? ''
    if (space !== '') {
      line += newlines(space)
      adjacent = false
      return
    }
    const comment = take(COMMENT)
    if (comment !== undefined) {
      comments.push({ text: comment, line })
      line += newlines(comment)
      adjacent = false
      return
    }
    const string = take(STRING)
    if (string !== undefined) return add('string', string.slice(1, -1), string)
    if (source[position] === '`') {
      position += 1
      return templateText()
    }
    const regex = beginsExpression(tokens.at(-1)) ? take(REGEX) : undefined
    if (regex !== undefined) return add('regex', regex)
    const word = take(WORD)
    if (word !== undefined) return add('word', word)
    const number = take(NUMBER)
    if (number !== undefined) return add('number', number)
    const punctuation = take(PUNCTUATION) ?? ''
    if (punctuation === '{') braces.push(false)
    if (punctuation === '}' && braces.pop() === true) return templateText()
    add('punctuation', punctuation)
  }

  while (position < source.length) step()
  return { tokens, comments }
}

function beginsExpression(before: SourceToken | undefined): boolean {
  if (before === undefined) return true
  if (before.kind === 'word') return BEFORE_EXPRESSION.has(before.text)
  return before.kind === 'punctuation' && ![')', ']', '}'].includes(before.text)
}

function newlines(text: string): number {
  return text.split('\n').length - 1
}
