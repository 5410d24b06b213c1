import { ByteReader, type ByteWriter } from '../core/byte-codec.ts'
import type { Message } from '../core/message.ts'
import { readMessage, writeMessage } from '../core/message-codec.ts'
import type { QueuedMessage, Store } from '../ports/store.ts'

/** A message as `writeMessage` has written it, in bytes that nobody changes. */
export interface RawMessage {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
}

/** What a store answers that is asked by a worker: a message read, or its bytes. */
export type AnswerMessage = Message | RawMessage

/** A message in a queue, as its bytes are. */
export type RawQueued = Omit<QueuedMessage, 'message'> & { readonly message: RawMessage }

/** A message in a queue, read or not. */
export type AnswerQueued = QueuedMessage | RawQueued

/** The reads of a store as workers are answered: the same as those of its ports, without reading what only passes by. */
export interface RawReads {
  queue(clientId: string, after: number, limit: number): Promise<readonly AnswerQueued[]>
  retained(topicFilter: string, nowMs: number): AsyncIterable<readonly AnswerMessage[]>
}

/** The reads of a store that has its messages whole. */
export function wholeReads({ queues, retained }: Store): RawReads {
  return {
    queue: (...args) => queues.read(...args),
    retained: (...args) => retained.match(...args),
  }
}

/** The message in these bytes. */
export function messageIn({ bytes, start, end }: RawMessage): Message {
  return readMessage(new ByteReader().over(bytes, start, end))
}

/** Writes a message so that `readMessage` reads it. */
export function writeAnswerMessage(writer: ByteWriter, message: AnswerMessage): void {
  if ('bytes' in message) writer.raw(message.bytes, message.start, message.end)
  else writeMessage(writer, message)
}
