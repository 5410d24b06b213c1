import type { DataFile } from './data-folder.ts'
import { type SegmentHead, segmentName } from './segment-format.ts'

/** One file of the journal. The newest is written to; all are read from until they are retired. */
export class Segment {
  readonly number: number
  readonly name: string
  /** Begins each of its records. */
  readonly mark: number
  /** Where its last record ends; what lies behind that is not part of the journal. */
  length: number
  readonly #file: DataFile
  #readers = 0
  #retired = false

  constructor({ number, mark }: Pick<SegmentHead, 'number' | 'mark'>, file: DataFile, length: number) {
    this.number = number
    this.name = segmentName(number)
    this.mark = mark
    this.#file = file
    this.length = length
  }

  write(parts: readonly Buffer[], offset: number): Promise<void> {
    return this.#file.write(parts, offset)
  }

  sync(): Promise<void> {
    return this.#file.sync()
  }

  /** Fills `into` from `offset` on, and resolves with the number of bytes there were. */
  async read(into: Buffer, offset: number): Promise<number> {
    this.#readers++
    try {
      return await this.#file.read(into, offset)
    } finally {
      this.#readers--
      if (this.#retired && this.#readers === 0) await this.#file.close()
    }
  }

  /** Nothing new is read from it; it closes when whoever reads now has finished. */
  async retire(): Promise<void> {
    if (this.#retired) return
    this.#retired = true
    if (this.#readers === 0) await this.#file.close()
  }
}
