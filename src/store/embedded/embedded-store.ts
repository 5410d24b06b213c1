import type { EndOfTick } from '../../core/end-of-tick.ts'
import type { Clock, Random } from '../../ports/clock.ts'
import type { RetainedStore, SessionStore, Store, SubscriptionStore } from '../../ports/store.ts'
import type { Log } from '../../ports/telemetry.ts'
import type { QueueLimits } from '../memory-queue.ts'
import type { RetainedLimits } from '../memory-retained.ts'
import { MemorySessions } from '../memory-sessions.ts'
import { MemorySubscriptions } from '../memory-subscriptions.ts'
import { OpenGate } from '../open-gate.ts'
import type { RawReads } from '../raw-reads.ts'
import { SessionTable } from '../session-table.ts'
import type { StoreCounts } from '../store-counts.ts'
import { Cleaner } from './cleaner.ts'
import type { DataFolder } from './data-folder.ts'
import { EmbeddedQueues } from './embedded-queues.ts'
import { EmbeddedRetained } from './embedded-retained.ts'
import { EmbeddedSession } from './embedded-session.ts'
import { Journal } from './journal.ts'
import { JournalSegments } from './journal-segments.ts'
import { readSegments } from './read-segments.ts'
import { RecoveredState } from './recovered-state.ts'
import { Reserve } from './reserve.ts'
import { SessionNumbers } from './session-numbers.ts'
import { SessionOperations } from './session-operations.ts'
import { StoredBodies } from './stored-bodies.ts'
import { safeSessions, safeSubscriptions } from './when-safe.ts'

/** Bounds of an {@link EmbeddedStore}. */
export interface EmbeddedStoreLimits extends QueueLimits, RetainedLimits {
  readonly sessionsMax: number
  readonly subscriptionsPerSessionMax: number
  /** Of the files together; Infinity: as much as the disk has. */
  readonly storeBytesMax: number
  /** Of the newest messages, which are kept in memory as well. */
  readonly cacheBytesMax: number
  /** Of one file, unless a single commit is larger. */
  readonly segmentBytes: number
  /** Room on the disk that is held back for when it is full. */
  readonly reserveBytes: number
}

export const defaultEmbeddedLimits: EmbeddedStoreLimits = {
  sessionsMax: 1_000_000,
  subscriptionsPerSessionMax: 10_000,
  queuedMessagesMax: 1000,
  queuedBytesMax: 16 * 1024 * 1024,
  queueFull: 'discard',
  retainedMessagesMax: 1_000_000,
  retainedBytesMax: Infinity,
  storeBytesMax: Infinity,
  cacheBytesMax: 64 * 1024 * 1024,
  segmentBytes: 64 * 1024 * 1024,
  reserveBytes: 32 * 1024 * 1024,
}

/** What an {@link EmbeddedStore} is made of. */
export interface EmbeddedStoreOptions {
  readonly folder: DataFolder
  /** `fsync`: a call resolves when the disk has it; `os`: when the operating system has it. */
  readonly durability: 'fsync' | 'os'
  readonly limits?: Partial<EmbeddedStoreLimits>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly endOfTick: EndOfTick
}

/** The store of one host in a folder of it: a journal of everything it was told, and an index of that in memory. */
export class EmbeddedStore implements Store {
  readonly sessions: SessionStore
  readonly subscriptions: SubscriptionStore
  readonly queues: EmbeddedQueues
  readonly retained: RetainedStore
  /** As workers are answered. */
  readonly reads: RawReads
  readonly cleaner: Cleaner
  readonly #gate = new OpenGate()
  readonly #journal: Journal
  readonly #log: Log
  readonly #segments: JournalSegments
  readonly #counts: () => Pick<StoreCounts, 'sessions' | 'queuedMessages' | 'retainedMessages' | 'neededBytes'>

  private constructor(options: EmbeddedStoreOptions, limits: EmbeddedStoreLimits, recovered: Recovered) {
    const { clock, log, durability } = options
    const { bodies, segments, reserve, state } = recovered
    const gate = this.#gate
    const { cache } = bodies
    const journal = new Journal({ ...options, ...limits, segments, reserve, cache, fsync: durability === 'fsync' })
    const numbers = new SessionNumbers(state.lastNumber)
    const operations = new SessionOperations(journal, numbers, bodies)
    const table = new SessionTable<EmbeddedSession>({
      gate,
      clock,
      sessionsMax: limits.sessionsMax,
      make: (clientId, owner) => new EmbeddedSession(clientId, owner),
      journal: operations,
    })
    const retained = new EmbeddedRetained({ gate, clock, journal, bodies, limits })
    const sessions = new MemorySessions(table)
    const subscriptions = new MemorySubscriptions(table, clock, limits.subscriptionsPerSessionMax)
    this.#journal = journal
    this.#log = log
    this.#segments = segments
    this.sessions = safeSessions(sessions, journal)
    this.subscriptions = safeSubscriptions(subscriptions, journal)
    this.queues = new EmbeddedQueues({ table, journal, bodies, limits, log })
    this.retained = retained
    this.reads = {
      queue: (...args) => this.queues.readRaw(...args),
      retained: (...args) => retained.matchRaw(...args),
    }
    this.cleaner = new Cleaner({
      ...limits,
      journal,
      segments,
      numbers,
      operations,
      bodies,
      retained,
      taken: table.taken,
      log,
    })
    this.#counts = () => ({
      sessions: table.size,
      queuedMessages: bodies.references - retained.messages,
      retainedMessages: retained.messages,
      neededBytes: this.cleaner.neededBytes,
    })
    takeIn(recovered, table, numbers, retained)
  }

  /** Reads what the folder holds. A store that is damaged, or of another format, is a `STORE_DAMAGED` error. */
  static async open(options: EmbeddedStoreOptions): Promise<EmbeddedStore> {
    const limits = { ...defaultEmbeddedLimits, ...options.limits }
    const { clock, log, folder } = options
    const startedAtMs = clock.nowMs()
    const recovered = await recover(options, limits)
    const store = new EmbeddedStore(options, limits, recovered)
    log.info('store opened', {
      folder: folder.path,
      sessions: recovered.state.sessions.size,
      retained: recovered.state.retainedBodies.size,
      bytes: recovered.segments.bytes,
      tookMs: clock.nowMs() - startedAtMs,
    })
    return store
  }

  counts(): StoreCounts {
    const { commits, failures, full, bytes } = this.#journal
    return { ...this.#counts(), bytes, commits, failures, full: full ? 1 : 0 }
  }

  /** Everything asked from now on is refused; resolves when what was asked before is safe. */
  async close(): Promise<void> {
    this.#gate.close()
    await this.cleaner.close()
    await this.#journal.close()
    await this.#segments.close().catch((error: unknown) => this.#log.error('closing the store failed', error))
  }
}

interface Recovered {
  readonly bodies: StoredBodies
  readonly segments: JournalSegments
  readonly reserve: Reserve
  readonly state: RecoveredState
}

async function recover({ folder, log, random }: EmbeddedStoreOptions, limits: EmbeddedStoreLimits): Promise<Recovered> {
  const bodies = new StoredBodies(limits.cacheBytesMax)
  const state = new RecoveredState(bodies)
  const { segments: found, unbegun, tornBytes } = await readSegments(folder, state)
  if (unbegun !== undefined) await folder.remove(unbegun)
  if (tornBytes > 0) {
    log.warn('the last writes of the store were not whole and are left out', {
      file: found.at(-1)?.name,
      bytes: tornBytes,
    })
  }
  const reserve = new Reserve(folder, limits.reserveBytes)
  await reserve.take().catch((error: unknown) => log.error('the store has too little room', error))
  return { bodies, segments: new JournalSegments(folder, random, limits.segmentBytes, found), reserve, state }
}

/** Puts in what was recovered. Whoever held a session has lost it with the process that ended. */
function takeIn(
  { state, bodies }: Recovered,
  table: SessionTable<EmbeddedSession>,
  numbers: SessionNumbers,
  retained: EmbeddedRetained,
): void {
  const nowMs = table.nowMs()
  for (const session of state.sessions.values()) {
    numbers.adopt(session)
    table.adopt(session)
    if (session.home !== undefined) table.letGo(session, nowMs, session.lostAt(nowMs))
  }
  for (const due of state.due.values()) table.taken.adopt(due)
  for (const [topicName, body] of state.retainedBodies) {
    retained.adopt(topicName, body)
    // The tree refers to it now; what was recovered does not any more.
    bodies.letGo(body)
  }
}
