import type { ByteReader } from '../core/byte-codec.ts'
import type { DeliverFrame } from '../core/frame.ts'
import { KnownStrings } from '../core/known-strings.ts'
import { readMessageInto } from '../core/message-codec.ts'
import { ReceivedMessage } from '../core/received-message.ts'

const NO_FILTERS: readonly string[] = []

/** The deliver frame of one link, filled again for each that arrives. */
export class ReceivedDeliver implements DeliverFrame {
  readonly kind = 'deliver'
  readonly message: ReceivedMessage = new ReceivedMessage()
  ordinary = false
  sharedFilters: readonly string[] = NO_FILTERS
  readonly #strings = new KnownStrings()

  /** Reads what follows the kind. */
  read(reader: ByteReader): void {
    this.ordinary = reader.boolean()
    readMessageInto(this.message, reader, this.#strings)
    const filters = reader.list(readString)
    this.sharedFilters = filters.length === 0 ? NO_FILTERS : filters
  }
}

function readString(reader: ByteReader): string {
  return reader.string()
}
