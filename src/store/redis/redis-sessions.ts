import { createHash } from 'node:crypto'
import type { WorkerAddress } from '../../ports/bus.ts'
import type {
  ClaimResult,
  DueSession,
  DueWill,
  Release,
  SessionClaim,
  SessionStore,
  StoredWill,
} from '../../ports/store.ts'
import { subscriptionCodec, willCodec } from '../store-values.ts'
import type { Cleaning } from './cleaning.ts'
import type { RedisCalls } from './redis-calls.ts'
import { bytesIn, bytesOf, listIn, numberIn, stringIn, valueOf } from './replies.ts'
import { abandonScript } from './scripts/abandon-script.ts'
import { claimScript } from './scripts/claim-script.ts'
import { endScript } from './scripts/end-script.ts'
import { markReceivedScript } from './scripts/mark-received-script.ts'
import { releaseScript } from './scripts/release-script.ts'
import { setWillScript } from './scripts/set-will-script.ts'
import { settleDueScript } from './scripts/settle-due-script.ts'
import { takeDueScript } from './scripts/take-due-script.ts'

const OWNED_BY_ANOTHER = 1
/** Of one step, so that no step holds Redis up for long. */
const ABANDONED_AT_ONCE = 200
const DUE_AT_ONCE = 100
/** Dead workers that are remembered; their addresses do not come back, so the oldest may be forgotten. */
const DEAD_HOMES_MAX = 1024
const NONE = Buffer.alloc(0)
/** What was taken and not heard of is asked for again; Redis keeps the answer for as long. */
const DUE_HOLD_MS = 60_000
/** Of each session in that answer. */
const DUE_FIELDS = 5

/** What {@link RedisSessions} works with. */
export interface RedisSessionsParts {
  readonly calls: RedisCalls
  readonly cleaning: Cleaning
  readonly sessionsMax: number
  /** Of this worker, and of its own after each start. */
  readonly name: string
  /** By which replication id Redis went when the store was opened. */
  readonly lineage: string
  /** Redis may have gone back behind what it has answered. */
  readonly onSetBack: () => void
}

/** Sessions in Redis: every call is one script, so it is atomic whoever else calls. */
export class RedisSessions implements SessionStore {
  readonly #calls: RedisCalls
  readonly #cleaning: Cleaning
  readonly #sessionsMax: number
  readonly #name: string
  readonly #onSetBack: () => void
  /** By which replication id Redis went when it was heard last. */
  #lineage: string
  /** How often something that was due was asked for. */
  #asked = 0

  constructor({ calls, cleaning, sessionsMax, name, lineage, onSetBack }: RedisSessionsParts) {
    this.#calls = calls
    this.#cleaning = cleaning
    this.#sessionsMax = sessionsMax
    this.#name = name
    this.#lineage = lineage
    this.#onSetBack = onSetBack
  }

  async claim(claim: SessionClaim): Promise<ClaimResult> {
    const { clientId, home, cleanStart, owner, sessionExpiryIntervalSeconds, will } = claim
    const args = [
      clientId,
      home,
      cleanStart ? 1 : 0,
      digest(owner),
      sessionExpiryIntervalSeconds,
      will?.delayIntervalSeconds ?? '',
      willBytes(will),
      this.#sessionsMax,
    ]
    const reply = await this.#calls.call(claimScript, args, 'acknowledged')
    if (cleanStart) this.#cleaning.begin()
    if (reply === OWNED_BY_ANOTHER) return { kind: 'owned-by-another' }
    const [epoch, persistentBefore, present, previousHome, sentUpTo, dueWill, ticket, received, subscriptions] =
      listIn(reply)
    return {
      kind: 'claimed',
      epoch: numberIn(epoch),
      persistentBefore: persistentBefore === 1,
      present: present === 1,
      previousHome: stringIn(previousHome) || undefined,
      subscriptions: listIn(subscriptions).map(bytes => valueOf(subscriptionCodec, bytesIn(bytes))),
      receivedPacketIds: listIn(received).map(numberIn),
      sentUpTo: numberIn(sentUpTo),
      dueWill: dueWillIn(ticket, dueWill),
    }
  }

  /** Waits for Redis to come back: without it a session would count as connected; the epoch makes a late one harmless. */
  async release(clientId: string, epoch: number, { expiresAtMs, willDueAtMs, sentUpTo }: Release): Promise<void> {
    const expiresAt = expiresAtMs === Infinity ? '' : expiresAtMs
    const args = [clientId, epoch, expiresAt, willDueAtMs ?? '', sentUpTo]
    await this.#calls.sure(releaseScript, args)
  }

  async setWill(clientId: string, epoch: number, will: StoredWill | undefined): Promise<void> {
    const delay = will?.delayIntervalSeconds ?? ''
    await this.#calls.sure(setWillScript, [clientId, epoch, delay, willBytes(will)], 'acknowledged')
  }

  async end(clientId: string, epoch: number): Promise<void> {
    const messages = await this.#calls.sure(endScript, [clientId, epoch])
    if (numberIn(messages) > 0) this.#cleaning.begin()
  }

  async markReceived(clientId: string, epoch: number, packetId: number, received: boolean): Promise<void> {
    await this.#calls.sure(markReceivedScript, [clientId, epoch, packetId, received ? 1 : 0], 'acknowledged')
  }

  async abandon(home: WorkerAddress, nowMs: number): Promise<void> {
    for (;;) {
      const args = [home, ABANDONED_AT_ONCE, DEAD_HOMES_MAX]
      const more = await this.#calls.held(() => this.#calls.callAt(nowMs, abandonScript, args))
      if (more === 0) return
    }
  }

  async takeDue(taker: WorkerAddress, nowMs: number, limit: number): Promise<readonly DueSession[]> {
    const taken: DueSession[] = []
    while (taken.length < limit) {
      const most = Math.min(DUE_AT_ONCE, limit - taken.length)
      const args = [most, `${this.#name}:${++this.#asked}`, taker]
      const call = (): Promise<unknown> => this.#calls.callAt(nowMs, takeDueScript, args, 'acknowledged')
      const [lineage, due] = listIn(await this.#calls.held(call, DUE_HOLD_MS))
      this.#heardOf(stringIn(lineage))
      const fields = listIn(due)
      for (let i = 0; i < fields.length; i += DUE_FIELDS) taken.push(dueSession(fields.slice(i, i + DUE_FIELDS)))
      if (fields.length < most * DUE_FIELDS) break
    }
    // Whoever asks each second what is due does what a worker has left undone when it died.
    this.#cleaning.begin()
    return taken
  }

  async settleDue(taker: WorkerAddress, tickets: readonly number[]): Promise<void> {
    await this.#calls.sure(settleDueScript, [taker, ...tickets])
  }

  #heardOf(lineage: string): void {
    if (lineage === this.#lineage) return
    this.#lineage = lineage
    this.#onSetBack()
  }
}

function dueSession([ticket, clientId, epoch, will, expired]: readonly unknown[]): DueSession {
  return {
    ticket: numberIn(ticket),
    clientId: stringIn(clientId),
    epoch: numberIn(epoch),
    will: willIn(will),
    expired: expired === 1,
  }
}

function dueWillIn(ticket: unknown, reply: unknown): DueWill | undefined {
  const will = willIn(reply)
  return will === undefined ? undefined : { ticket: numberIn(ticket), will }
}

function willBytes(will: StoredWill | undefined): Buffer {
  return will === undefined ? NONE : bytesOf(willCodec, will)
}

function willIn(reply: unknown): StoredWill | undefined {
  const bytes = bytesIn(reply)
  return bytes.length === 0 ? undefined : valueOf(willCodec, bytes)
}

/** Owners are compared only, and may be long: a session that has short values only takes a quarter of the memory. */
function digest(owner: string): Buffer {
  return createHash('sha256').update(owner).digest()
}
