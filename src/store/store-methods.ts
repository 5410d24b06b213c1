import type { Message } from '../core/message.ts'
import type { Subscription } from '../core/subscription.ts'
import type { WorkerAddress } from '../ports/bus.ts'
import type {
  AppendResult,
  ClaimResult,
  DueSession,
  OwnedSubscription,
  QueuedMessage,
  QueueTarget,
  ReceivedMark,
  Release,
  SessionClaim,
  StoredWill,
} from '../ports/store.ts'
import type { AnswerMessage, AnswerQueued } from './raw-reads.ts'
import {
  type AnswerCodec,
  booleanCodec,
  type Codec,
  listCodec,
  nothingCodec,
  numberCodec,
  optionalCodec,
  pairCodec,
  quadrupleCodec,
  stringCodec,
  tripleCodec,
  varuintCodec,
} from './codec.ts'
import {
  answerMessageCodec,
  answerQueuedCodec,
  appendResultCodec,
  claimCodec,
  claimResultCodec,
  dueSessionCodec,
  messageCodec,
  optionalWillCodec,
  ownedSubscriptionCodec,
  receivedMarkCodec,
  releaseCodec,
  subscriptionCodec,
  targetCodec,
} from './store-values.ts'

/** One thing a worker may ask the store of its host: the byte that names it, and both sides of it as bytes. */
export interface Method<Arguments, Result, Answer = Result> {
  readonly number: number
  readonly arguments: Codec<Arguments>
  /** The store answers in a form of its own where that spares it reading what only passes by. */
  readonly result: AnswerCodec<Answer, Result>
}

/** A part of a long answer; `cursor` gets the next part, 0 says that there is none. */
export interface Page<Item> {
  readonly cursor: number
  readonly items: readonly Item[]
}

type Write<Arguments> = Method<Arguments, void>
type ClientAndEpoch<More> = readonly [clientId: string, epoch: number, more: More]

function method<Arguments, Result, Answer>(
  number: number,
  args: Codec<Arguments>,
  result: AnswerCodec<Answer, Result>,
): Method<Arguments, Result, Answer> {
  return { number, arguments: args, result }
}

function pageCodec<Written, Item>(item: AnswerCodec<Written, Item>): AnswerCodec<Page<Written>, Page<Item>> {
  const items = listCodec(item)
  return {
    write(writer, page) {
      writer.varuint(page.cursor)
      items.write(writer, page.items)
    },
    read: reader => ({ cursor: reader.varuint(), items: items.read(reader) }),
  }
}

const strings = listCodec(stringCodec)
const numbers = listCodec(varuintCodec)
const subscriptionPage = pageCodec(ownedSubscriptionCodec)
const messagePage = pageCodec(answerMessageCodec)

export const claim: Method<SessionClaim, ClaimResult> = method(1, claimCodec, claimResultCodec)
export const release: Write<ClientAndEpoch<Release>> = method(
  2,
  tripleCodec(stringCodec, varuintCodec, releaseCodec),
  nothingCodec,
)
export const end: Write<readonly [string, number]> = method(3, pairCodec(stringCodec, varuintCodec), nothingCodec)
export const markReceived: Write<readonly [string, number, number, boolean]> = method(
  4,
  quadrupleCodec(stringCodec, varuintCodec, varuintCodec, booleanCodec),
  nothingCodec,
)
export const abandon: Write<readonly [WorkerAddress, number]> = method(
  5,
  pairCodec(stringCodec, numberCodec),
  nothingCodec,
)
export const takeDue: Method<readonly [WorkerAddress, number, number], readonly DueSession[]> = method(
  6,
  tripleCodec(stringCodec, numberCodec, varuintCodec),
  listCodec(dueSessionCodec),
)
export const settleDue: Write<readonly [WorkerAddress, readonly number[]]> = method(
  7,
  pairCodec(stringCodec, numbers),
  nothingCodec,
)
export const setWill: Write<ClientAndEpoch<StoredWill | undefined>> = method(
  8,
  tripleCodec(stringCodec, varuintCodec, optionalWillCodec),
  nothingCodec,
)

export const putSubscriptions: Write<ClientAndEpoch<readonly Subscription[]>> = method(
  10,
  tripleCodec(stringCodec, varuintCodec, listCodec(subscriptionCodec)),
  nothingCodec,
)
export const removeSubscriptions: Write<ClientAndEpoch<readonly string[]>> = method(
  11,
  tripleCodec(stringCodec, varuintCodec, strings),
  nothingCodec,
)
export const allSubscriptions: Method<void, Page<OwnedSubscription>> = method(12, nothingCodec, subscriptionPage)
export const moreSubscriptions: Method<number, Page<OwnedSubscription>> = method(13, varuintCodec, subscriptionPage)
/** The worker does not want the rest. */
export const closeSubscriptions: Write<number> = method(14, varuintCodec, nothingCodec)

export const appendToQueues: Method<
  readonly [readonly QueueTarget[], Message, ReceivedMark | undefined],
  AppendResult
> = method(20, tripleCodec(listCodec(targetCodec), messageCodec, optionalCodec(receivedMarkCodec)), appendResultCodec)
export const readQueue: Method<readonly [string, number, number], readonly QueuedMessage[], readonly AnswerQueued[]> =
  method(21, tripleCodec(stringCodec, varuintCodec, varuintCodec), listCodec(answerQueuedCodec))
export const markReleased: Write<ClientAndEpoch<number>> = method(
  22,
  tripleCodec(stringCodec, varuintCodec, varuintCodec),
  nothingCodec,
)
export const removeFromQueue: Write<ClientAndEpoch<readonly number[]>> = method(
  23,
  tripleCodec(stringCodec, varuintCodec, numbers),
  nothingCodec,
)

export const putRetained: Write<Message> = method(30, messageCodec, nothingCodec)
export const removeRetained: Write<string> = method(31, stringCodec, nothingCodec)
export const matchRetained: Method<readonly [string, number], Page<Message>, Page<AnswerMessage>> = method(
  32,
  pairCodec(stringCodec, numberCodec),
  messagePage,
)
export const moreRetained: Method<number, Page<Message>, Page<AnswerMessage>> = method(33, varuintCodec, messagePage)
/** The worker does not want the rest. */
export const closeRetained: Write<number> = method(34, varuintCodec, nothingCodec)
