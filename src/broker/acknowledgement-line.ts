/** Sends one acknowledgement. */
export type SendAcknowledgement = () => void

/** Says what is sent in place of an acknowledgement, if anything is. */
export type AcknowledgementFailed = (error: unknown) => SendAcknowledgement | undefined

/** Acknowledgements that become due together, with what each does if they do not. */
interface Group {
  readonly safe: Promise<unknown> | undefined
  readonly sends: (SendAcknowledgement | undefined)[]
  readonly failures: AcknowledgementFailed[]
  settled: boolean
  /** How many of `sends` were sent. */
  sent: number
}

/**
 * Keeps the acknowledgements of one client in the order of its PUBLISH packets (v5 [MQTT-4.6.0-2]) while some of
 * them wait for a queue or a peer. Bounded by the Receive Maximum, which bounds the unacknowledged PUBLISH packets.
 */
export class AcknowledgementLine {
  readonly #groups: Group[] = []
  #length = 0

  /** Acknowledgements that are not sent yet. */
  get length(): number {
    return this.#length
  }

  /**
   * Sends when `safe` has resolved and all earlier ones are sent; when it rejects, `failed` is called instead and says
   * what is sent in its place, if anything is.
   */
  after(safe: Promise<unknown> | undefined, send: SendAcknowledgement, failed: AcknowledgementFailed): void {
    this.#length++
    // What goes to other workers in one tick shares its promise: it is waited for once.
    const newest = this.#groups.at(-1)
    if (newest !== undefined && newest.safe === safe && !newest.settled) {
      newest.sends.push(send)
      newest.failures.push(failed)
      return
    }
    const group: Group = { safe, sends: [send], failures: [failed], settled: safe === undefined, sent: 0 }
    this.#groups.push(group)
    if (safe === undefined) return this.#sendReady()
    safe.then(
      () => this.#settle(group),
      (error: unknown) => {
        for (const [place, fail] of group.failures.entries()) group.sends[place] = fail(error)
        this.#settle(group)
      },
    )
  }

  #settle(group: Group): void {
    group.settled = true
    this.#sendReady()
  }

  #sendReady(): void {
    for (let group = this.#groups[0]; group?.settled === true; group = this.#groups[0]) {
      for (let send = group.sends[group.sent]; send !== undefined; send = group.sends[group.sent]) {
        group.sent++
        this.#length--
        send()
      }
      if (group.sent < group.sends.length) return // one that failed without an answer holds up all after it
      this.#groups.shift()
    }
  }
}
