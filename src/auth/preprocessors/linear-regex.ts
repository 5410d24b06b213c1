import { regexProgram, type RegexStep } from './regex-program.ts'
import { isWordCharacter, parseRegex } from './regex-syntax.ts'

/** Longest text that is looked at; in a longer one nothing is found. */
const TEXT_LENGTH_MAX = 16_384

/** A regular expression, or what in it is not understood. */
export type CompiledRegex =
  | { readonly kind: 'regex'; readonly regex: LinearRegex }
  | { readonly kind: 'fault'; readonly sentence: string }

/** Compiles a pattern of which one group is wanted; 0 is all that matched. */
export function compileRegex(pattern: string, wantedGroup: number): CompiledRegex {
  const parsed = parseRegex(pattern)
  if (parsed.kind === 'fault') return parsed
  if (wantedGroup > parsed.groups) return { kind: 'fault', sentence: `the pattern has ${parsed.groups} groups` }
  const steps = regexProgram(parsed.root, wantedGroup)
  if (steps === undefined) return { kind: 'fault', sentence: 'the pattern is too long' }
  return { kind: 'regex', regex: new LinearRegex(steps) }
}

/**
 * Finds a pattern in a text by following all of its ways at once, character by character, so that no text makes it take
 * longer than its length times that of the pattern. Prefers the same match as engines that go back do.
 */
export class LinearRegex {
  readonly #steps: readonly RegexStep[]
  #now: Ways
  #next: Ways
  #text = ''
  #at = 0
  /** Where the wanted group of the best match so far lies; -1: it took no part. */
  #start = -1
  #end = -1

  constructor(steps: readonly RegexStep[]) {
    this.#steps = steps
    this.#now = new Ways(steps.length)
    this.#next = new Ways(steps.length)
  }

  /** The text of the wanted group in the first match; undefined: there is no match, or the group is no part of it. */
  find(text: string): string | undefined {
    if (text.length > TEXT_LENGTH_MAX) return undefined
    this.#text = text
    this.#now.clear()
    let matched = false
    for (this.#at = 0; this.#at <= text.length; ) {
      if (!matched) this.#follow(this.#now, 0, -1, -1)
      const codePoint = text.codePointAt(this.#at) ?? -1
      const here = this.#at
      this.#at += codePoint > 0xffff ? 2 : 1
      this.#next.clear()
      if (this.#advance(codePoint)) matched = true
      const spent = this.#now
      this.#now = this.#next
      this.#next = spent
      if (here >= text.length || (matched && this.#now.length === 0)) break
    }
    this.#text = ''
    return matched && this.#start >= 0 && this.#end >= 0 ? text.slice(this.#start, this.#end) : undefined
  }

  /** Takes each way one character further; true when one of them has come to its end, which drops all less preferred. */
  #advance(codePoint: number): boolean {
    const now = this.#now
    for (let index = 0; index < now.length; index += 1) {
      const at = now.stepAt(index)
      const step = this.#steps[at]
      if (step?.op === 'done') {
        this.#start = now.startAt(index)
        this.#end = now.endAt(index)
        return true
      }
      if (step?.op === 'one' && codePoint >= 0 && step.test(codePoint)) {
        this.#follow(this.#next, at + 1, now.startAt(index), now.endAt(index))
      }
    }
    return false
  }

  /** Adds the steps that can be reached from one without a character, in the order of preference. */
  #follow(ways: Ways, at: number, start: number, end: number): void {
    if (!ways.visit(at)) return
    const step = this.#steps[at]
    switch (step?.op) {
      case 'jump':
        return this.#follow(ways, step.target, start, end)
      case 'split':
        this.#follow(ways, step.first, start, end)
        return this.#follow(ways, step.second, start, end)
      case 'note':
        return step.end ? this.#follow(ways, at + 1, start, this.#at) : this.#follow(ways, at + 1, this.#at, -1)
      case 'assert':
        if (this.#holds(step.what)) this.#follow(ways, at + 1, start, end)
        return
      case 'one':
      case 'done':
        ways.add(at, start, end)
        return
      case undefined:
    }
  }

  #holds(what: 'start' | 'end' | 'boundary' | 'no-boundary'): boolean {
    if (what === 'start') return this.#at === 0
    if (what === 'end') return this.#at === this.#text.length
    const before = this.#at > 0 && isWordCharacter(this.#text.charCodeAt(this.#at - 1))
    const after = this.#at < this.#text.length && isWordCharacter(this.#text.charCodeAt(this.#at))
    return (before !== after) === (what === 'boundary')
  }
}

/** The steps that are waiting for the next character, in the order of preference, each once. */
class Ways {
  length = 0
  readonly #visited: Uint8Array
  readonly #steps: Int32Array
  readonly #starts: Int32Array
  readonly #ends: Int32Array

  constructor(steps: number) {
    this.#visited = new Uint8Array(steps)
    this.#steps = new Int32Array(steps)
    this.#starts = new Int32Array(steps)
    this.#ends = new Int32Array(steps)
  }

  clear(): void {
    this.length = 0
    this.#visited.fill(0)
  }

  /** Whether the step was not visited yet. */
  visit(step: number): boolean {
    if (this.#visited[step] === 1) return false
    this.#visited[step] = 1
    return true
  }

  add(step: number, start: number, end: number): void {
    this.#steps[this.length] = step
    this.#starts[this.length] = start
    this.#ends[this.length] = end
    this.length += 1
  }

  stepAt(index: number): number {
    return this.#steps[index] ?? 0
  }

  startAt(index: number): number {
    return this.#starts[index] ?? -1
  }

  endAt(index: number): number {
    return this.#ends[index] ?? -1
  }
}
