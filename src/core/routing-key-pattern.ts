const WILDCARD = '*'

/** The routing key that RabbitMQ gives to a Topic Name or Topic Filter. */
export function routingKeyOf(topic: string): string {
  return topic.replace(/[/.+]/g, character => (character === '/' ? '.' : character === '.' ? '/' : WILDCARD))
}

/**
 * A pattern of a RabbitMQ scope: `*` stands for any text, all else for itself; `%2A` and its like are letters. Takes
 * time in proportion to the text, whatever the pattern.
 */
export class RoutingKeyPattern {
  readonly #beginning: string
  readonly #between: readonly string[]
  /** Undefined: there is no wildcard, so the beginning is all. */
  readonly #end: string | undefined

  /** `pattern` has been through {@link validPattern}. */
  constructor(pattern: string) {
    const pieces = pattern.split(WILDCARD).map(decoded)
    this.#beginning = pieces[0] ?? ''
    this.#between = pieces.slice(1, -1)
    this.#end = pieces.length > 1 ? pieces.at(-1) : undefined
  }

  get beginsWithWildcard(): boolean {
    return this.#beginning === '' && this.#end !== undefined
  }

  matches(text: string): boolean {
    const end = this.#end
    if (end === undefined) return text === this.#beginning
    if (!text.startsWith(this.#beginning) || !text.endsWith(end)) return false
    const limit = text.length - end.length
    let from = this.#beginning.length
    for (const piece of this.#between) {
      const found = text.indexOf(piece, from)
      if (found === -1) return false
      from = found + piece.length
    }
    return from <= limit
  }
}

/** Whether each percent sign of a pattern belongs to an encoded character. */
export function validPattern(pattern: string): boolean {
  try {
    return pattern.split(WILDCARD).every(piece => !decodeURIComponent(piece).includes('\0'))
  } catch {
    return false
  }
}

function decoded(piece: string): string {
  return decodeURIComponent(piece)
}
