const NO_BYTES: Buffer = Buffer.alloc(0)

/**
 * The UTF-8 of a string, kept until another one is asked for. Messages come in runs, of one publisher and on one
 * topic, so most are found here, and copying bytes costs a third of encoding a string anew.
 */
export class EncodedText {
  #text = ''
  #bytes: Buffer = NO_BYTES

  /** The bytes of `text`, valid until the next call. */
  of(text: string): Buffer {
    if (text !== this.#text) {
      this.#text = text
      this.#bytes = Buffer.from(text)
    }
    return this.#bytes
  }
}
