import { type ByteReader, type ByteWriter, malformed } from '../core/byte-codec.ts'
import { BrokerError } from '../core/errors.ts'
import { writeMessage } from '../core/message-codec.ts'
import type { AppendResult, QueueAppend, QueueTarget, Wake } from '../ports/store.ts'
import { listCodec } from './codec.ts'
import type { RawAnswer } from './raw-appends.ts'
import { readStoreError, writeStoreError } from './store-error-codec.ts'
import { targetCodec, wakeCodec } from './store-values.ts'

const targetsCodec = listCodec(targetCodec)

/** Nobody is woken, as with most clients that are away. */
const NOTHING = 0
/** The only queue is that of a client at the same home as the one before, who may be sent the message. */
const HANDED_OVER = 1
const GENERAL = 2
const REFUSED = 3

const NOBODY: AppendResult = { wakes: [], dropped: 0 }

/** An append without its message, which lies behind it as it is stored. */
export interface AppendHead {
  readonly targets: readonly QueueTarget[]
  readonly expiresAtMs: number
}

/** Writes appends. Like the reader at the other end it remembers the last targets, for the next ones are often the same. */
export class AppendWriter {
  #targets: readonly QueueTarget[] = []

  /** Writes an append and its message. */
  write(writer: ByteWriter, { targets, message }: QueueAppend): void {
    const isSame = targets === this.#targets
    writer.boolean(isSame)
    if (!isSame) targetsCodec.write(writer, targets)
    this.#targets = targets
    writer.varuint(Math.ceil(message.expiresAtMs))
    writeMessage(writer, message)
  }
}

/** Reads what an {@link AppendWriter} wrote. */
export class AppendReader {
  #targets: readonly QueueTarget[] = []

  /** Reads an append up to its message. */
  readHead(reader: ByteReader): AppendHead {
    if (!reader.boolean()) this.#targets = targetsCodec.read(reader)
    return { targets: this.#targets, expiresAtMs: reader.varuint() }
  }
}

/** Writes what became of appends. Like the reader at the other end it remembers the home of the last wake. */
export class AnswerWriter {
  #home = ''

  write(writer: ByteWriter, { targets, result }: RawAnswer): void {
    if (result instanceof BrokerError) {
      writer.u8(REFUSED)
      return writeStoreError(writer, result)
    }
    const { wakes, dropped } = result
    const [first] = wakes
    if (first === undefined && dropped === 0) return writer.u8(NOTHING)
    if (targets.length === 1 && dropped === 0 && first?.home === this.#home && first.position !== undefined) {
      writer.u8(HANDED_OVER)
      return writer.varuint(first.position)
    }
    writer.u8(GENERAL)
    writer.varuint(dropped)
    writer.varuint(wakes.length)
    for (const wake of wakes) wakeCodec.write(writer, wake)
    this.#home = wakes.at(-1)?.home ?? this.#home
  }
}

/** Reads what an {@link AnswerWriter} wrote. */
export class AnswerReader {
  #home = ''

  /** What became of the append to `targets`; an error: it was refused. */
  read(reader: ByteReader, targets: readonly QueueTarget[]): AppendResult | BrokerError {
    const kind = reader.u8()
    switch (kind) {
      case NOTHING:
        return NOBODY
      case HANDED_OVER:
        return { wakes: [this.#handedOver(reader, targets)], dropped: 0 }
      case GENERAL:
        return this.#general(reader)
      case REFUSED:
        return readStoreError(reader)
      default:
        throw malformed(`unknown answer ${kind} to an append`)
    }
  }

  #handedOver(reader: ByteReader, targets: readonly QueueTarget[]): Wake {
    const [target] = targets
    if (target === undefined) throw malformed('a wake of nobody')
    return { clientId: target.clientId, home: this.#home, position: reader.varuint() }
  }

  #general(reader: ByteReader): AppendResult {
    const dropped = reader.varuint()
    const wakes = reader.list(wakeCodec.read)
    this.#home = wakes.at(-1)?.home ?? this.#home
    return { wakes, dropped }
  }
}
