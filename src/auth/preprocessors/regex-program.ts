import type { CodePointTest, RegexNode } from './regex-syntax.ts'

/** One step of a pattern; targets are indexes of steps. */
export type RegexStep =
  | { readonly op: 'one'; readonly test: CodePointTest }
  | { readonly op: 'assert'; readonly what: 'start' | 'end' | 'boundary' | 'no-boundary' }
  /** Goes on in both places; `first` is preferred. */
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'jump'; target: number }
  /** Notes where the wanted group begins or ends. */
  | { readonly op: 'note'; readonly end: boolean }
  | { readonly op: 'done' }

/** Bounds the work for each character of the text. */
const STEPS_MAX = 500

/** The steps of a pattern that keep one group (0: all that matched); undefined when there are too many. */
export function regexProgram(root: RegexNode, wantedGroup: number): readonly RegexStep[] | undefined {
  const writer = new ProgramWriter(wantedGroup)
  writer.write({ kind: 'group', group: 0, body: root })
  writer.steps.push({ op: 'done' })
  return writer.steps.length > STEPS_MAX ? undefined : writer.steps
}

class ProgramWriter {
  readonly steps: RegexStep[] = []
  readonly #wantedGroup: number

  constructor(wantedGroup: number) {
    this.#wantedGroup = wantedGroup
  }

  write(node: RegexNode): void {
    if (this.steps.length > STEPS_MAX) return
    switch (node.kind) {
      case 'one':
        this.steps.push({ op: 'one', test: node.test })
        return
      case 'assert':
        this.steps.push({ op: 'assert', what: node.what })
        return
      case 'sequence':
        for (const item of node.items) this.write(item)
        return
      case 'group':
        return this.#group(node.group, node.body)
      case 'choice':
        return this.#choice(node.options)
      case 'repeat':
        return this.#repeat(node)
    }
  }

  #group(group: number | undefined, body: RegexNode): void {
    if (group !== this.#wantedGroup) return this.write(body)
    this.steps.push({ op: 'note', end: false })
    this.write(body)
    this.steps.push({ op: 'note', end: true })
  }

  #choice(options: readonly RegexNode[]): void {
    const jumps: { op: 'jump'; target: number }[] = []
    for (const [index, option] of options.entries()) {
      if (index === options.length - 1) {
        this.write(option)
        break
      }
      const split: { op: 'split'; first: number; second: number } = { op: 'split', first: 0, second: 0 }
      const jump: { op: 'jump'; target: number } = { op: 'jump', target: 0 }
      this.steps.push(split)
      split.first = this.steps.length
      this.write(option)
      this.steps.push(jump)
      jumps.push(jump)
      split.second = this.steps.length
    }
    for (const jump of jumps) jump.target = this.steps.length
  }

  #repeat({ body, min, max, lazy }: Extract<RegexNode, { kind: 'repeat' }>): void {
    for (let time = 0; time < min; time += 1) this.write(body)
    if (max === Number.POSITIVE_INFINITY) return this.#loop(body, lazy)
    const splits: ((end: number) => void)[] = []
    for (let time = min; time < max; time += 1) {
      splits.push(this.#split(lazy))
      this.write(body)
    }
    for (const endAt of splits) endAt(this.steps.length)
  }

  #loop(body: RegexNode, lazy: boolean): void {
    const start = this.steps.length
    const endAt = this.#split(lazy)
    this.write(body)
    this.steps.push({ op: 'jump', target: start })
    endAt(this.steps.length)
  }

  /** A way into what follows and one past it; the latter is told later where it leads. */
  #split(lazy: boolean): (end: number) => void {
    const inside = this.steps.length + 1
    const split: { op: 'split'; first: number; second: number } = { op: 'split', first: inside, second: inside }
    this.steps.push(split)
    return end => {
      if (lazy) split.first = end
      else split.second = end
    }
  }
}
