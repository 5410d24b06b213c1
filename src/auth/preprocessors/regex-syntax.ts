/** Whether a code point is one of those that a part of a pattern stands for. */
export type CodePointTest = (codePoint: number) => boolean

/** A pattern in its parts. */
export type RegexNode =
  | { readonly kind: 'one'; readonly test: CodePointTest }
  | { readonly kind: 'assert'; readonly what: 'start' | 'end' | 'boundary' | 'no-boundary' }
  /** `group` undefined: only parentheses, nothing is kept. */
  | { readonly kind: 'group'; readonly group: number | undefined; readonly body: RegexNode }
  | { readonly kind: 'sequence'; readonly items: readonly RegexNode[] }
  | { readonly kind: 'choice'; readonly options: readonly RegexNode[] }
  | {
      readonly kind: 'repeat'
      readonly body: RegexNode
      readonly min: number
      readonly max: number
      readonly lazy: boolean
    }

/** A pattern, or what in it is not understood. */
export type ParsedRegex =
  | { readonly kind: 'parsed'; readonly root: RegexNode; readonly groups: number }
  | { readonly kind: 'fault'; readonly sentence: string }

const REPEAT_MAX = 250
const DEPTH_MAX = 50
const COUNTED = /^\{(\d{1,4})(,(\d{0,4}))?\}/
const GROUP_NAME = /^\(\?<[A-Za-z][A-Za-z0-9]*>/
const IGNORE_CASE = '(?i)'

/**
 * Reads the part of a regular expression's syntax that can be matched in linear time: letters, classes, groups,
 * alternatives, repetitions, anchors and word boundaries. Back references and looking around are not among it.
 */
export function parseRegex(pattern: string): ParsedRegex {
  const ignoreCase = pattern.startsWith(IGNORE_CASE)
  const reader = new PatternReader(ignoreCase ? pattern.slice(IGNORE_CASE.length) : pattern, ignoreCase)
  try {
    const root = reader.all()
    return { kind: 'parsed', root, groups: reader.groups }
  } catch (error) {
    if (error instanceof PatternFault) return { kind: 'fault', sentence: error.message }
    throw error
  }
}

class PatternFault extends Error {}

class PatternReader {
  groups = 0
  readonly #pattern: string
  readonly #ignoreCase: boolean
  #at = 0
  #depth = 0

  constructor(pattern: string, ignoreCase: boolean) {
    this.#pattern = pattern
    this.#ignoreCase = ignoreCase
  }

  all(): RegexNode {
    const root = this.#choice()
    if (this.#at < this.#pattern.length) throw new PatternFault('a ")" closes nothing')
    return root
  }

  #choice(): RegexNode {
    const options = [this.#sequence()]
    while (this.#take('|')) options.push(this.#sequence())
    return options.length === 1 && options[0] !== undefined ? options[0] : { kind: 'choice', options }
  }

  #sequence(): RegexNode {
    const items: RegexNode[] = []
    while (this.#at < this.#pattern.length && !this.#startsWith('|') && !this.#startsWith(')')) {
      items.push(this.#repeated(this.#atom()))
    }
    return { kind: 'sequence', items }
  }

  #repeated(body: RegexNode): RegexNode {
    const range = this.#range()
    if (range === undefined) return body
    const lazy = this.#take('?')
    if (this.#startsWith('+') || this.#startsWith('*') || this.#startsWith('?') || this.#startsWith('{')) {
      throw new PatternFault('a repetition is repeated, or possessive')
    }
    return { kind: 'repeat', body, ...range, lazy }
  }

  #range(): { readonly min: number; readonly max: number } | undefined {
    if (this.#take('*')) return { min: 0, max: Number.POSITIVE_INFINITY }
    if (this.#take('+')) return { min: 1, max: Number.POSITIVE_INFINITY }
    if (this.#take('?')) return { min: 0, max: 1 }
    if (!this.#startsWith('{')) return undefined
    const found = COUNTED.exec(this.#pattern.slice(this.#at))
    if (found === null) throw new PatternFault('a "{" is no number of repetitions; write \\{ for the letter')
    const [text, least = '', upTo, most = ''] = found
    this.#at += text.length
    const min = Number(least)
    const max = upTo === undefined ? min : most === '' ? Number.POSITIVE_INFINITY : Number(most)
    if (min > REPEAT_MAX || (max > REPEAT_MAX && max !== Number.POSITIVE_INFINITY) || max < min) {
      throw new PatternFault(`${text} is not a number of repetitions up to ${REPEAT_MAX}`)
    }
    return { min, max }
  }

  #atom(): RegexNode {
    if (this.#startsWith('(')) return this.#group()
    if (this.#take('[')) return this.#one(this.#class())
    if (this.#take('.')) return { kind: 'one', test: codePoint => !isLineEnd(codePoint) }
    if (this.#take('^')) return { kind: 'assert', what: 'start' }
    if (this.#take('$')) return { kind: 'assert', what: 'end' }
    if (this.#take('\\')) return this.#escape()
    if (this.#startsWith('*') || this.#startsWith('+') || this.#startsWith('?') || this.#startsWith('{')) {
      throw new PatternFault('a repetition repeats nothing')
    }
    const codePoint = this.#codePoint()
    return this.#one(candidate => candidate === codePoint)
  }

  #group(): RegexNode {
    const rest = this.#pattern.slice(this.#at)
    const opening = rest.startsWith('(?:') ? '(?:' : (GROUP_NAME.exec(rest)?.[0] ?? '(')
    if (opening === '(' && rest.startsWith('(?')) throw new PatternFault('looking around and flags are not supported')
    this.#at += opening.length
    this.#depth += 1
    if (this.#depth > DEPTH_MAX) throw new PatternFault(`groups are nested more than ${DEPTH_MAX} deep`)
    const group = opening === '(?:' ? undefined : (this.groups += 1)
    const body = this.#choice()
    if (!this.#take(')')) throw new PatternFault('a "(" is not closed')
    this.#depth -= 1
    return { kind: 'group', group, body }
  }

  #escape(): RegexNode {
    if (this.#take('b')) return { kind: 'assert', what: 'boundary' }
    if (this.#take('B')) return { kind: 'assert', what: 'no-boundary' }
    return this.#one(this.#escapedClass() ?? this.#exactly(this.#escapedLetter()))
  }

  /** What stands between the brackets. */
  #class(): CodePointTest {
    const negated = this.#take('^')
    const tests: CodePointTest[] = []
    while (!this.#take(']')) {
      if (this.#startsWith('[') || this.#startsWith('&&')) throw new PatternFault('a class in a class is not supported')
      tests.push(this.#classMember())
    }
    if (tests.length === 0) throw new PatternFault('a class is empty; write \\] for the letter')
    return codePoint => tests.some(test => this.#inEitherCase(test, codePoint)) !== negated
  }

  #classMember(): CodePointTest {
    const escaped = this.#take('\\')
    const known = escaped ? this.#escapedClass() : undefined
    if (known !== undefined) return known
    const from = escaped ? this.#escapedLetter() : this.#codePoint()
    if (!this.#startsWith('-') || this.#pattern[this.#at + 1] === ']') return this.#exactly(from)
    this.#at += 1
    const to = this.#take('\\') ? this.#escapedLetter() : this.#codePoint()
    if (to < from) throw new PatternFault('a range of a class ends before it begins')
    return codePoint => codePoint >= from && codePoint <= to
  }

  #escapedClass(): CodePointTest | undefined {
    const name = this.#pattern[this.#at] ?? ''
    const test = ESCAPED_CLASSES.get(name.toLowerCase())
    if (test === undefined) return undefined
    this.#at += 1
    return name === name.toLowerCase() ? test : codePoint => !test(codePoint)
  }

  #escapedLetter(): number {
    const letter = this.#pattern[this.#at] ?? ''
    const control = ESCAPED_LETTERS.get(letter)
    if (control === undefined && /[A-Za-z0-9]/.test(letter)) throw new PatternFault(`\\${letter} is not supported`)
    const codePoint = this.#codePoint()
    return control ?? codePoint
  }

  #one(test: CodePointTest): RegexNode {
    return { kind: 'one', test: codePoint => this.#inEitherCase(test, codePoint) }
  }

  #exactly(expected: number): CodePointTest {
    return codePoint => codePoint === expected
  }

  #inEitherCase(test: CodePointTest, codePoint: number): boolean {
    if (test(codePoint)) return true
    if (!this.#ignoreCase || !isAsciiLetter(codePoint)) return false
    return test(codePoint ^ 0x20)
  }

  #codePoint(): number {
    const codePoint = this.#pattern.codePointAt(this.#at)
    if (codePoint === undefined) throw new PatternFault('the pattern ends too early')
    this.#at += codePoint > 0xffff ? 2 : 1
    return codePoint
  }

  #startsWith(text: string): boolean {
    return this.#pattern.startsWith(text, this.#at)
  }

  #take(text: string): boolean {
    if (!this.#startsWith(text)) return false
    this.#at += text.length
    return true
  }
}

const ESCAPED_CLASSES: ReadonlyMap<string, CodePointTest> = new Map([
  ['d', (codePoint: number) => codePoint >= 0x30 && codePoint <= 0x39],
  ['w', isWordCharacter],
  ['s', (codePoint: number) => codePoint === 0x20 || (codePoint >= 0x09 && codePoint <= 0x0d)],
])
const ESCAPED_LETTERS: ReadonlyMap<string, number> = new Map([
  ['t', 0x09],
  ['n', 0x0a],
  ['r', 0x0d],
  ['f', 0x0c],
])

/** Letters, digits and the underscore of ASCII: what `\w` and `\b` mean. */
export function isWordCharacter(codePoint: number): boolean {
  return isAsciiLetter(codePoint) || (codePoint >= 0x30 && codePoint <= 0x39) || codePoint === 0x5f
}

function isAsciiLetter(codePoint: number): boolean {
  const lower = codePoint | 0x20
  return codePoint < 0x80 && lower >= 0x61 && lower <= 0x7a
}

function isLineEnd(codePoint: number): boolean {
  return codePoint === 0x0a || codePoint === 0x0d || codePoint === 0x2028 || codePoint === 0x2029
}
