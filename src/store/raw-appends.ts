import { ByteReader } from '../core/byte-codec.ts'
import { BrokerError } from '../core/errors.ts'
import { readMessage } from '../core/message-codec.ts'
import type { AppendResult, QueueStore, QueueTarget } from '../ports/store.ts'

/** An append of a {@link RawAppendLine}, and what became of it. */
export interface RawAnswer {
  readonly targets: readonly QueueTarget[]
  readonly result: AppendResult | BrokerError
}

/** Takes messages as the bytes in which they came from a worker. */
export interface RawAppendLine {
  /** `bytes[start, end)` is the message as `writeMessage` writes it, valid during the call only. */
  add(targets: readonly QueueTarget[], bytes: Buffer, start: number, end: number, expiresAtMs: number): void
}

/** A store that takes messages without reading them. */
export interface RawAppends {
  /** `answer` is told of all appends, in their order, as many at a time as were stored together. */
  openRawLine(answer: (answers: readonly RawAnswer[]) => void): RawAppendLine
}

/** Reads the messages for a store that wants them whole. */
export class DecodedAppends implements RawAppends {
  readonly #queues: QueueStore

  constructor(queues: QueueStore) {
    this.#queues = queues
  }

  openRawLine(answer: (answers: readonly RawAnswer[]) => void): RawAppendLine {
    const reader = new ByteReader()
    let answered: Promise<void> = Promise.resolve()
    return {
      add: (targets, bytes, start, end) => {
        const message = readMessage(reader.over(bytes, start, end))
        const before = answered
        const stored = this.#queues.append(targets, message).catch(storeError)
        answered = stored.then(async result => {
          await before
          answer([{ targets, result }])
        })
      },
    }
  }
}

/** The error as it may cross to a worker. */
export function storeError(cause: unknown): BrokerError {
  if (cause instanceof BrokerError) return cause
  return new BrokerError('STORE_UNAVAILABLE', 'the store failed to append', { cause })
}
