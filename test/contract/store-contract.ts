import assert from 'node:assert/strict'
import { Message, NO_PROPERTIES } from '../../src/core/message.ts'
import type { Subscription } from '../../src/core/subscription.ts'
import type {
  ClaimResult,
  DeliveryOptions,
  DueSession,
  QueuedMessage,
  SessionClaim,
  Store,
  StoredWill,
} from '../../src/ports/store.ts'
import type { FakeClock } from '../support/fake-clock.ts'

/** Bounds that a store is opened with for a test of what it does there. */
export interface SmallLimits {
  readonly sessionsMax?: number
  readonly subscriptionsPerSessionMax?: number
  readonly queuedMessagesMax?: number
  readonly queuedBytesMax?: number
  readonly queueFull?: 'discard' | 'discard-oldest'
  readonly retainedMessagesMax?: number
}

/** Of {@link takeDue}. */
const TAKER = 'taker/1'

/** A store and the clock that it goes by. */
export interface StoreUnderTest {
  readonly store: Store
  readonly clock: FakeClock
  readonly close: () => Promise<void>
}

/** Opens an empty store of its own. */
export type OpenStore = (limits?: SmallLimits) => Promise<StoreUnderTest>

/** What a claim found, when the session was the claimant's. */
export type Claimed = Extract<ClaimResult, { kind: 'claimed' }>

/** Runs a test body with a store of its own. */
export async function withStore(
  open: OpenStore,
  body: (store: Store, clock: FakeClock) => Promise<void>,
  limits?: SmallLimits,
): Promise<void> {
  const { store, clock, close } = await open(limits)
  try {
    await body(store, clock)
  } finally {
    await close()
  }
}

/** A claim of client `c` by worker `node/1` for a session of one hour, with whatever else is given. */
export function claimOf(fields: Partial<SessionClaim> = {}): SessionClaim {
  return {
    clientId: 'c',
    home: 'node/1',
    cleanStart: false,
    owner: 'issuer subject',
    sessionExpiryIntervalSeconds: 3600,
    will: undefined,
    ...fields,
  }
}

/** Claims a session that must be the claimant's. */
export async function claim(store: Store, fields: Partial<SessionClaim> = {}): Promise<Claimed> {
  const result = await store.sessions.claim(claimOf(fields))
  assert(result.kind === 'claimed')
  return result
}

/** Takes what is due, as a worker that does it at once. */
export async function takeDue(
  store: Store,
  nowMs: number,
  limit: number,
): Promise<readonly Omit<DueSession, 'ticket'>[]> {
  const due = await store.sessions.takeDue(TAKER, nowMs, limit)
  await store.sessions.settleDue(
    TAKER,
    due.map(({ ticket }) => ticket),
  )
  return due.map(({ clientId, epoch, will: dueWill, expired }) => ({ clientId, epoch, will: dueWill, expired }))
}

/** A message with this payload. */
export function message(text: string, fields: Partial<Message> = {}): Message {
  return new Message({
    topicName: 'a/b',
    payload: Buffer.from(text),
    properties: NO_PROPERTIES,
    qos: 1,
    retain: false,
    expiresAtMs: 0,
    publisher: 'publisher',
    ...fields,
  })
}

/** A will with this payload. */
export function will(text: string, delayIntervalSeconds: number): StoredWill {
  const willMessage = message(text, { topicName: 'will' })
  return { message: willMessage, delayIntervalSeconds, messageExpiryIntervalSeconds: 60 }
}

/** A subscription to this filter with options that are not the defaults. */
export function subscription(topicFilter: string, fields: Partial<Subscription> = {}): Subscription {
  return {
    topicFilter,
    qos: 2,
    noLocal: true,
    retainAsPublished: true,
    retainHandling: 1,
    subscriptionIdentifier: 300,
    ...fields,
  }
}

/** Delivery at QoS 1 without anything else. */
export const atLeastOnce: DeliveryOptions = { qos: 1, retain: false, subscriptionIdentifiers: [] }

/** Appends one message to the queue of each client. */
export async function append(store: Store, text: string, ...clientIds: readonly string[]): Promise<void> {
  const targets = clientIds.map(clientId => ({ clientId, delivery: atLeastOnce }))
  await store.queues.append(targets, message(text))
}

/** Fills a session with one of everything. */
export async function fill(store: Store, clientId: string, epoch: number): Promise<void> {
  await store.subscriptions.put(clientId, epoch, [subscription('a/#')])
  await store.sessions.markReceived(clientId, epoch, 7, true)
  await append(store, 'queued', clientId)
}

/** Everything in a queue, however many answers that takes. */
export async function readWhole(store: Store, clientId: string, limit: number): Promise<readonly QueuedMessage[]> {
  const messages: QueuedMessage[] = []
  for (;;) {
    const answer = await store.queues.read(clientId, messages.at(-1)?.position ?? 0, limit)
    messages.push(...answer)
    if (answer.length < limit && answer.at(-1)?.moreFollow !== true) return messages
  }
}

/** Position and payload of what is in a queue. */
export async function queued(store: Store, clientId: string): Promise<readonly (readonly [number, string])[]> {
  const messages = await store.queues.read(clientId, 0, 10_000)
  return messages.map(({ position, message: { payload } }) => [position, payload.toString()] as const)
}

/** All pages as one list. */
export async function gather<Item>(pages: AsyncIterable<readonly Item[]>): Promise<Item[]> {
  const all: Item[] = []
  for await (const page of pages) all.push(...page)
  return all
}

/** Numbers in ascending order. */
export function ascending(numbers: Iterable<number>): number[] {
  return [...numbers].sort((one, other) => one - other)
}

export const staleEpoch = { name: 'BrokerError', code: 'STALE_EPOCH' } as const
export const full = { name: 'BrokerError', code: 'STORE_FULL' } as const
export const unavailable = { name: 'BrokerError', code: 'STORE_UNAVAILABLE' } as const
