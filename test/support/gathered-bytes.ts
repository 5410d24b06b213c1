import { OutBuffer } from '../../src/protocol/out-buffer.ts'
import { SlabPool } from '../../src/protocol/slab-pool.ts'

/** An out-buffer without a connection: what is appended can be taken out again. */
export class GatheredBytes {
  readonly out: OutBuffer
  readonly #sent: Buffer[] = []

  constructor(pool: SlabPool = new SlabPool()) {
    this.out = new OutBuffer(
      {
        gathering: () => undefined,
        send: (slab, length) => {
          this.#sent.push(Buffer.from(slab.subarray(0, length)))
          pool.give(slab)
        },
      },
      pool,
    )
  }

  /** Everything since the last call. */
  take(): Buffer {
    this.out.flush()
    return Buffer.concat(this.#sent.splice(0))
  }
}
