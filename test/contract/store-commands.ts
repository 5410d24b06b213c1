import fc from 'fast-check'
import { BrokerError } from '../../src/core/errors.ts'
import type { Store } from '../../src/ports/store.ts'
import type { FakeClock } from '../support/fake-clock.ts'
import { ascending, atLeastOnce, gather, message, subscription } from './store-contract.ts'
import type { Answer } from './store-model.ts'

interface Write {
  readonly clientId: string
  /** 0: with the newest epoch of the client; 1: with the one before; and so on. */
  readonly claimsBack: number
}

/** One call of a store. */
export type Command =
  | {
      readonly kind: 'claim'
      readonly clientId: string
      readonly home: string
      readonly owner: string
      readonly cleanStart: boolean
      readonly expirySeconds: number
      readonly will: { readonly text: string; readonly delaySeconds: number } | undefined
    }
  | (Write & {
      readonly kind: 'release'
      readonly expirySeconds: number
      readonly willSeconds: number
      readonly sentUpTo: number
    })
  | (Write & { readonly kind: 'end' })
  | (Write & { readonly kind: 'received'; readonly packetId: number; readonly received: boolean })
  | (Write & { readonly kind: 'subscribe' | 'unsubscribe'; readonly filters: readonly string[] })
  | (Write & { readonly kind: 'markReleased'; readonly position: number })
  | (Write & { readonly kind: 'acknowledge'; readonly positions: readonly number[] })
  | {
      readonly kind: 'append'
      readonly clientIds: readonly string[]
      readonly text: string
      readonly received: (Write & { readonly packetId: number }) | undefined
    }
  | { readonly kind: 'read'; readonly clientId: string }
  | { readonly kind: 'abandon'; readonly home: string }
  | { readonly kind: 'takeDue' | 'settle'; readonly home: string }
  | { readonly kind: 'all' }
  | { readonly kind: 'advance'; readonly seconds: number }

const clientId = fc.constantFrom('a', 'b', 'c')
const home = fc.constantFrom('node/1', 'node/2', 'node/3', 'node/4')
const often = <T>(usual: T, rare: T): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: fc.constant(usual), weight: 9 }, { arbitrary: fc.constant(rare), weight: 1 })
const claimsBack = often(0, 1)
const filters = fc.array(fc.constantFrom('f', 'g/+', '$share/s/h'), { minLength: 1, maxLength: 3 })
const seconds = fc.constantFrom(0, 3, 5, 10)
const position = fc.integer({ min: 1, max: 12 })
const write = { clientId, claimsBack }

const claims = fc.record({
  kind: fc.constant('claim' as const),
  clientId,
  home,
  owner: often('one', 'other'),
  cleanStart: fc.boolean(),
  expirySeconds: fc.constantFrom(0, 3, 10, 0xffffffff),
  will: fc.option(fc.record({ text: fc.constantFrom('w1', 'w2'), delaySeconds: seconds }), { nil: undefined }),
})

const writes: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    kind: fc.constant('release' as const),
    ...write,
    expirySeconds: fc.oneof(seconds, fc.constant(Infinity)),
    willSeconds: fc.oneof(seconds, fc.constant(Infinity)),
    sentUpTo: position,
  }),
  fc.record({ kind: fc.constant('end' as const), ...write }),
  fc.record({
    kind: fc.constant('received' as const),
    ...write,
    packetId: fc.integer({ min: 1, max: 3 }),
    received: fc.boolean(),
  }),
  fc.record({ kind: fc.constantFrom('subscribe' as const, 'unsubscribe' as const), ...write, filters }),
  fc.record({ kind: fc.constant('markReleased' as const), ...write, position }),
  fc.record({ kind: fc.constant('acknowledge' as const), ...write, positions: fc.array(position, { maxLength: 4 }) }),
)

const others: fc.Arbitrary<Command> = fc.oneof(
  { arbitrary: fc.record({ kind: fc.constant('read' as const), clientId }), weight: 3 },
  { arbitrary: fc.record({ kind: fc.constant('takeDue' as const), home }), weight: 3 },
  { arbitrary: fc.record({ kind: fc.constant('settle' as const), home }), weight: 2 },
  { arbitrary: fc.record({ kind: fc.constant('all' as const) }), weight: 2 },
  { arbitrary: fc.record({ kind: fc.constant('advance' as const), seconds }), weight: 3 },
  { arbitrary: fc.record({ kind: fc.constant('abandon' as const), home }), weight: 1 },
)

const appends: fc.Arbitrary<Command> = fc.record({
  kind: fc.constant('append' as const),
  clientIds: fc.uniqueArray(clientId),
  text: fc.constantFrom('m1', 'm2', 'm3'),
  received: fc.option(fc.record({ ...write, packetId: fc.integer({ min: 1, max: 3 }) }), { nil: undefined }),
})

/** Sequences of calls in which the interesting ones come often. */
export const commands: fc.Arbitrary<Command[]> = fc.array(
  fc.oneof(
    { arbitrary: claims, weight: 3 },
    { arbitrary: writes, weight: 5 },
    { arbitrary: appends, weight: 3 },
    { arbitrary: others, weight: 4 },
  ),
  { minLength: 1, maxLength: 60, size: 'max' },
)

/** Runs commands on a store, and answers in the words of the model. */
export class CommandRunner {
  readonly #store: Store
  readonly #clock: FakeClock
  readonly #epochs = new Map<string, number[]>()
  /** What each home was given and has not settled. */
  readonly #tickets = new Map<string, number[]>()

  constructor(store: Store, clock: FakeClock) {
    this.#store = store
    this.#clock = clock
  }

  async run(command: Command): Promise<Answer> {
    try {
      return await this.#call(command)
    } catch (error) {
      if (error instanceof BrokerError) return error.code
      throw error
    }
  }

  async #call(command: Command): Promise<Answer> {
    const { sessions, subscriptions, queues } = this.#store
    const nowMs = this.#clock.nowMs()
    switch (command.kind) {
      case 'claim':
        return this.#claim(command)
      case 'release': {
        const willDueAtMs = command.willSeconds === Infinity ? undefined : nowMs + command.willSeconds * 1000
        const expiresAtMs = nowMs + command.expirySeconds * 1000
        const { sentUpTo } = command
        return sessions.release(command.clientId, this.#epoch(command), { expiresAtMs, willDueAtMs, sentUpTo })
      }
      case 'end':
        return sessions.end(command.clientId, this.#epoch(command))
      case 'received':
        return sessions.markReceived(command.clientId, this.#epoch(command), command.packetId, command.received)
      case 'subscribe':
        return subscriptions.put(
          command.clientId,
          this.#epoch(command),
          command.filters.map(filter => subscription(filter)),
        )
      case 'unsubscribe':
        return subscriptions.remove(command.clientId, this.#epoch(command), command.filters)
      case 'markReleased':
        return queues.markReleased(command.clientId, this.#epoch(command), command.position)
      case 'acknowledge':
        return queues.remove(command.clientId, this.#epoch(command), command.positions)
      case 'append': {
        const targets = command.clientIds.map(client => ({ clientId: client, delivery: atLeastOnce }))
        const { received } = command
        const mark = received && {
          clientId: received.clientId,
          epoch: this.#epoch(received),
          packetId: received.packetId,
        }
        const { wakes, dropped } = await queues.append(targets, message(command.text), mark)
        return { wakes: wakes.map(wake => `${wake.clientId} ${wake.home}`), dropped }
      }
      case 'read': {
        const queued = await queues.read(command.clientId, 0, 1000)
        return queued.map(entry => [entry.position, entry.message.payload.toString(), entry.released])
      }
      case 'abandon':
        return sessions.abandon(command.home, nowMs)
      case 'takeDue':
        return this.#takeDue(command.home, nowMs)
      case 'settle':
        return sessions.settleDue(command.home, this.#givenTo(command.home).splice(0))
      case 'all': {
        const owned = await gather(subscriptions.all())
        return owned
          .map(({ clientId: client, epoch, subscription: { topicFilter } }) => {
            return `${client} ${this.#claimsUpTo(client, epoch)} ${topicFilter}`
          })
          .sort()
      }
      case 'advance':
        return this.#clock.advance(command.seconds * 1000)
    }
  }

  async #claim(command: Extract<Command, { kind: 'claim' }>): Promise<Answer> {
    const { expirySeconds, will, kind: _, ...fields } = command
    const result = await this.#store.sessions.claim({
      ...fields,
      sessionExpiryIntervalSeconds: expirySeconds,
      will: will && {
        message: message(will.text),
        delayIntervalSeconds: will.delaySeconds,
        messageExpiryIntervalSeconds: undefined,
      },
    })
    if (result.kind !== 'claimed') return result.kind
    const epochs = this.#epochs.get(command.clientId) ?? []
    if (epochs.some(epoch => epoch >= result.epoch)) return `epoch ${result.epoch} is not above ${epochs.join()}`
    this.#epochs.set(command.clientId, [...epochs, result.epoch])
    if (result.dueWill !== undefined) this.#givenTo(command.home).push(result.dueWill.ticket)
    return {
      present: result.present,
      persistentBefore: result.persistentBefore,
      previousHome: result.previousHome,
      sentUpTo: result.sentUpTo,
      dueWill: result.dueWill?.will.message.payload.toString(),
      filters: result.subscriptions.map(({ topicFilter }) => topicFilter).sort(),
      received: ascending(result.receivedPacketIds),
    }
  }

  async #takeDue(taker: string, nowMs: number): Promise<Answer> {
    const due = await this.#store.sessions.takeDue(taker, nowMs, 1000)
    this.#givenTo(taker).push(...due.map(({ ticket }) => ticket))
    return due
      .map(({ clientId: client, epoch, will, expired }) => ({
        clientId: client,
        claims: this.#claimsUpTo(client, epoch),
        will: will?.message.payload.toString(),
        expired,
      }))
      .sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))
  }

  #givenTo(taker: string): number[] {
    const tickets = this.#tickets.get(taker) ?? []
    this.#tickets.set(taker, tickets)
    return tickets
  }

  /** Which claim of the client had this epoch; 0: none. */
  #claimsUpTo(client: string, epoch: number): number {
    return (this.#epochs.get(client)?.indexOf(epoch) ?? -1) + 1
  }

  #epoch({ clientId: client, claimsBack: back }: Write): number {
    return this.#epochs.get(client)?.at(-1 - back) ?? 0
  }
}
