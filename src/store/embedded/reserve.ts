import type { DataFolder } from './data-folder.ts'

/** Name of the file that is given up when the disk is full. */
export const RESERVE_NAME = 'reserve'

const CHUNK_BYTES = 1024 * 1024

/**
 * Room on the disk that is held back for the worst moment: once it is full, acknowledgements and the ends of sessions,
 * which make room, can still be written.
 */
export class Reserve {
  readonly #folder: DataFolder
  readonly #bytes: number
  held = false

  constructor(folder: DataFolder, bytes: number) {
    this.#folder = folder
    this.#bytes = bytes
  }

  /** Takes the room, unless it is held already. Rejects, and holds nothing, when there is too little. */
  async take(): Promise<void> {
    if (this.held || (await this.#isThere())) return
    const file = await this.#folder.create(RESERVE_NAME)
    try {
      const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, this.#bytes))
      for (let offset = 0; offset < this.#bytes; offset += chunk.length) await file.write([chunk], offset)
      await file.sync()
      this.held = true
    } finally {
      await file.close()
      if (!this.held) await this.giveUp()
    }
  }

  /** It was taken by an earlier process; one that was cut short is removed. */
  async #isThere(): Promise<boolean> {
    const names = await this.#folder.list()
    if (!names.includes(RESERVE_NAME)) return false
    const file = await this.#folder.open(RESERVE_NAME)
    await file.close()
    this.held = file.length >= this.#bytes
    if (!this.held) await this.giveUp()
    return this.held
  }

  /** Frees the room. */
  async giveUp(): Promise<void> {
    this.held = false
    const names = await this.#folder.list()
    if (names.includes(RESERVE_NAME)) await this.#folder.remove(RESERVE_NAME)
  }
}
