/** Finds what belongs to the name that a client asks for by SNI, in any case; the first that was given wins. */
export class ServerNames<Value> {
  readonly #byName = new Map<string, Value>()

  /** `serverName` in lower case; `*.` stands for exactly one label (RFC 6125 6.4.3). */
  add(serverName: string, value: Value): void {
    if (!this.#byName.has(serverName)) this.#byName.set(serverName, value)
  }

  find(asked: string): Value | undefined {
    const name = asked.toLowerCase()
    return this.#byName.get(name) ?? this.#byName.get(`*${name.slice(name.indexOf('.'))}`)
  }
}
