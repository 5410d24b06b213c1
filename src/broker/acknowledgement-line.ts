/** Sends one acknowledgement. */
export type SendAcknowledgement = () => void

interface Place {
  send: SendAcknowledgement | undefined
}

/**
 * Keeps the acknowledgements of one client in the order of its PUBLISH packets (v5 [MQTT-4.6.0-2]) while some of
 * them wait for a queue or a peer. Bounded by the Receive Maximum, which bounds the unacknowledged PUBLISH packets.
 */
export class AcknowledgementLine {
  readonly #places: Place[] = []

  /** Acknowledgements that are not sent yet. */
  get length(): number {
    return this.#places.length
  }

  /**
   * Sends when `safe` has resolved and all earlier ones are sent; when it rejects, `failed` is called instead and says
   * what is sent in its place, if anything is.
   */
  after(
    safe: Promise<unknown> | undefined,
    send: SendAcknowledgement,
    failed: (error: unknown) => SendAcknowledgement | undefined,
  ): void {
    const place: Place = { send: safe === undefined ? send : undefined }
    this.#places.push(place)
    if (safe === undefined) return this.#sendReady()
    safe.then(
      () => {
        place.send = send
        this.#sendReady()
      },
      (error: unknown) => {
        place.send = failed(error)
        this.#sendReady()
      },
    )
  }

  #sendReady(): void {
    while (this.#places[0]?.send !== undefined) this.#places.shift()?.send?.()
  }
}
