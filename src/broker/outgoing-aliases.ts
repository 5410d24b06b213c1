/** Topics of one client that have an alias; further ones are written out. */
const ALIASES_MAX = 16
/** An alias costs three bytes, and perhaps one more for the Property Length. */
const TOPIC_CHARACTERS_MIN = 5
/** The names are kept for as long as the connection lasts. */
const TOPIC_CHARACTERS_MAX = 1024

/**
 * The Topic Aliases that we set on one connection (v5 3.3.2.3.4), within the client's Topic Alias Maximum. Those who
 * come first have one: most clients get a few topics again and again, and nothing is ever set anew.
 */
export class OutgoingAliases {
  readonly #aliasesMax: number
  readonly #aliases = new Map<string, number>()

  constructor(topicAliasMaximum: number) {
    this.#aliasesMax = Math.min(topicAliasMaximum, ALIASES_MAX)
  }

  /** The alias that the client knows `topicName` by; 0: none. */
  find(topicName: string): number {
    return this.#aliases.get(topicName) ?? 0
  }

  /** Gives `topicName` an alias, which the next packet must set; 0: it gets none. */
  add(topicName: string): number {
    const { length } = topicName
    if (this.#aliases.size >= this.#aliasesMax || length < TOPIC_CHARACTERS_MIN || length > TOPIC_CHARACTERS_MAX)
      return 0
    const alias = this.#aliases.size + 1
    this.#aliases.set(topicName, alias)
    return alias
  }
}
