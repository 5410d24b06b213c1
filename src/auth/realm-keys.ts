import { httpUrlFault } from './http-url.ts'
import { fetchKeys, readKeysFile, type FetchedKeys } from './jwks-fetch.ts'
import { KEYS_REFRESH_SHARE, KEYS_STALE_MAX_MS, keysLifetimeMs } from './key-lifetime.ts'
import { KeySet } from './key-set.ts'
import { realmId } from './realm-id.ts'
import { serverFetch } from './server-fetch.ts'
import { TokenBucket } from '../core/token-bucket.ts'
import { SharedKeys, type DatedKeys, type WantedKeys } from './shared-keys.ts'
import { UnknownKids } from './unknown-kids.ts'
import { within } from './within.ts'
import { BrokerError } from '../core/errors.ts'
import { background, type Log } from '../ports/telemetry.ts'
import type { JwtRealmModel } from './security-model.ts'
import type { SharedAnswers } from './shared-answers.ts'
import type { Clock, Random, Timer } from '../ports/clock.ts'
import type { KeyAnswer, KeySetSnapshot } from '../ports/key-sets.ts'

export interface RealmKeysParts {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** What the nodes of a cluster share; absent: nothing. */
  readonly shared?: SharedAnswers | undefined
  /** Called with each new set; with an empty one when the last good set has become too old to be trusted. */
  readonly onSnapshot: (snapshot: KeySetSnapshot) => void
}

/** Gets the keys from where they are; rejects with the reason of `signal` once that is aborted. */
type KeySource = (signal: AbortSignal) => Promise<FetchedKeys>

const FETCH_TIMEOUT_MS = 5_000
/** A set of another node may be due for a newer one as it comes. */
const NEXT_MIN_MS = 1_000
const BACK_OFF_FIRST_MS = 1_000
const BACK_OFF_MAX_MS = 60_000
/** Fetches that tokens with unknown key ids may cause. */
const KID_FETCH_BURST = 2
const KID_FETCH_REFILL_MS = 5_000
const KID_WAIT_MS = 2_000
const KID_WAITS_MAX = 4_096

/**
 * Keeps the keys of one realm fresh: fetches them again ahead of their end, keeps the last good set while the server
 * fails, and fetches once more when a token names a key that is not there. One fetch at a time.
 */
export class RealmKeys {
  /** Fetches that were begun. */
  fetches = 0
  /** Fetches that gave no usable set. */
  failures = 0
  /** Why there is no newer set; undefined: the last fetch gave one. */
  lastFailure: string | undefined = undefined
  /** Whether somebody else tells of its failures. */
  quiet = false
  readonly #realm: JwtRealmModel
  readonly #source: KeySource
  readonly #parts: RealmKeysParts
  readonly #shared: SharedKeys | undefined
  readonly #unknownKids = new UnknownKids()
  readonly #kidFetches: TokenBucket
  readonly #firstSet = Promise.withResolvers<void>()
  #snapshot: KeySetSnapshot | undefined
  #trustedUntilMs = 0
  #failuresInARow = 0
  #kidWaits = 0
  #fetching: Promise<void> | undefined
  #abort: AbortController | undefined
  #next: Timer | undefined
  #closed = false

  constructor(realm: JwtRealmModel, parts: RealmKeysParts) {
    this.#realm = realm
    this.#source = keySource(realm)
    this.#parts = parts
    const { shared, clock } = parts
    this.#shared =
      shared === undefined || realm.jwksFile !== undefined ? undefined : new SharedKeys(realm, shared, clock)
    this.#kidFetches = new TokenBucket(KID_FETCH_BURST, KID_FETCH_REFILL_MS, parts.clock.nowMs())
  }

  get snapshot(): KeySetSnapshot | undefined {
    return this.#snapshot
  }

  /** Begins; resolves with the first usable set, however long that takes, or when closed. */
  start(): Promise<void> {
    this.#fetchInBackground()
    return this.#firstSet.promise
  }

  /** See `KeySets.refresh`. */
  async refresh(kid: string): Promise<KeyAnswer> {
    if (this.#mayFetchFor(kid)) {
      this.#kidWaits++
      try {
        await within(this.#parts.clock, KID_WAIT_MS, this.#fetchFor(kid), () => undefined)
      } finally {
        this.#kidWaits--
      }
    }
    return { snapshot: this.#snapshot, absent: this.#unknownKids.has(kid, this.#parts.clock.nowMs()) }
  }

  close(): void {
    this.#closed = true
    this.#next?.cancel()
    this.#abort?.abort(new BrokerError('KEY_SET_UNAVAILABLE', 'closed'))
    this.#firstSet.resolve()
  }

  #mayFetchFor(kid: string): boolean {
    const nowMs = this.#parts.clock.nowMs()
    // While the server fails, the back-off decides when it is asked again.
    if (this.#closed || (this.#failuresInARow > 0 && this.#fetching === undefined)) return false
    return !this.#hasKid(kid) && !this.#unknownKids.has(kid, nowMs) && this.#kidWaits < KID_WAITS_MAX
  }

  async #fetchFor(kid: string): Promise<void> {
    const atMs = this.#parts.clock.nowMs()
    if (this.#fetching !== undefined) {
      await this.#fetching
      // That fetch began before the token came, so it may have been answered before the key was published.
      if (this.#hasKid(kid) || this.#failuresInARow > 0) return
    }
    if (this.#fetching === undefined && !this.#kidFetches.take(this.#parts.clock.nowMs())) return
    await this.#fetch({ kid, atMs })
    // A set of another node may have been asked for before the token came.
    const conclusive = this.#failuresInARow === 0 && (this.#snapshot?.fetchedAtMs ?? 0) >= atMs
    if (!conclusive || this.#hasKid(kid)) return
    this.#unknownKids.add(kid, this.#parts.clock.nowMs())
    this.#shared?.setAbsent(kid)
  }

  #hasKid(kid: string): boolean {
    return this.#snapshot?.keys.some(key => key['kid'] === kid) ?? false
  }

  #fetchInBackground(): void {
    background(this.#parts.log, 'key set refresh', this.#fetch())
  }

  #fetch(named?: WantedKeys['named']): Promise<void> {
    this.#fetching ??= this.#fetchUnlessAbsent(named).finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  /** Where another node has just seen that there is no such key, nobody is asked again. */
  async #fetchUnlessAbsent(named: WantedKeys['named']): Promise<void> {
    if (named !== undefined && this.#shared !== undefined && (await this.#shared.isAbsent(named.kid))) {
      return this.#unknownKids.add(named.kid, this.#parts.clock.nowMs())
    }
    await this.#fetchOnce(named)
  }

  async #fetchOnce(named: WantedKeys['named']): Promise<void> {
    this.#next?.cancel()
    let nextMs: number
    try {
      const wanted = { laterThanMs: this.#snapshot?.fetchedAtMs ?? 0, named }
      const ask = (): Promise<DatedKeys> => this.#fetchInTime()
      nextMs = this.#accept(await (this.#shared?.obtain(wanted, ask) ?? ask()))
    } catch (error) {
      if (this.#closed) return
      await this.#takeLastOfOthers()
      nextMs = this.#failed(error)
    }
    if (!this.#closed) this.#next = this.#parts.clock.after(nextMs, () => this.#fetchInBackground())
  }

  /** A node that starts while the server is away uses what the others still may. */
  async #takeLastOfOthers(): Promise<void> {
    const last = this.#snapshot === undefined ? await this.#shared?.last() : undefined
    if (last !== undefined && !this.#closed) this.#accept(last)
  }

  async #fetchInTime(): Promise<DatedKeys> {
    if (this.#closed) throw new BrokerError('KEY_SET_UNAVAILABLE', 'closed')
    this.fetches++
    const fetchedAtMs = this.#parts.clock.nowMs()
    const abort = new AbortController()
    const overdue = new BrokerError('KEY_SET_UNAVAILABLE', `no complete answer within ${FETCH_TIMEOUT_MS} ms`)
    const deadline = this.#parts.clock.after(FETCH_TIMEOUT_MS, () => abort.abort(overdue))
    this.#abort = abort
    try {
      return { ...(await this.#source(abort.signal)), fetchedAtMs }
    } finally {
      deadline.cancel()
    }
  }

  /** Takes a set in and returns when to fetch the next. */
  #accept(fetched: DatedKeys): number {
    const { clock, random } = this.#parts
    const nowMs = clock.nowMs()
    const { keys, dateMs, fetchedAtMs, lifetimeSeconds } = fetched
    const skew = dateMs === undefined ? {} : { clockAheadMs: nowMs - dateMs }
    const snapshot: KeySetSnapshot = { realm: realmId(this.#realm), keys, fetchedAtMs, ...skew }
    // An empty set is far more likely a fault of the server than a wish to lock everyone out.
    if (new KeySet(snapshot).size === 0)
      throw new BrokerError('KEY_SET_UNAVAILABLE', 'no usable signature key in the set')
    const lifetimeMs = keysLifetimeMs(lifetimeSeconds, this.#realm.jwksDefaultCacheSeconds)
    this.#failuresInARow = 0
    this.lastFailure = undefined
    this.#trustedUntilMs = fetchedAtMs + lifetimeMs + KEYS_STALE_MAX_MS
    this.#publish(snapshot)
    this.#firstSet.resolve()
    const nextAtMs = fetchedAtMs + lifetimeMs * (KEYS_REFRESH_SHARE + 0.1 * random.fraction())
    return Math.max(NEXT_MIN_MS, nextAtMs - nowMs)
  }

  /** Counts a failure and returns when to try again. */
  #failed(error: unknown): number {
    this.failures++
    this.lastFailure = causeText(error)
    const retryMs = Math.min(BACK_OFF_MAX_MS, BACK_OFF_FIRST_MS * 2 ** Math.min(16, this.#failuresInARow++))
    const nowMs = this.#parts.clock.nowMs()
    if (this.#snapshot !== undefined && this.#snapshot.keys.length > 0 && nowMs >= this.#trustedUntilMs) {
      this.#publish({ realm: realmId(this.#realm), keys: [], fetchedAtMs: nowMs })
    }
    if (!this.quiet) this.#warn(retryMs)
    return retryMs
  }

  #warn(retryMs: number): void {
    this.#parts.log.warn('key set fetch failed', {
      realm: this.#realm.name,
      cause: this.lastFailure,
      keysKept: this.#snapshot?.keys.length ?? 0,
      retryMs,
    })
  }

  #publish(snapshot: KeySetSnapshot): void {
    this.#snapshot = snapshot
    this.#parts.onSnapshot(snapshot)
  }
}

function keySource({ name, jwksFile, jwksUri, serverTls }: JwtRealmModel): KeySource {
  if (jwksFile !== undefined) return () => readKeysFile(jwksFile)
  const fault = httpUrlFault(jwksUri)
  if (fault !== undefined) throw new BrokerError('CONFIGURATION', `JWKS endpoint of realm ${name}: ${fault}`)
  const uri = new URL(jwksUri)
  const fetch = serverFetch(serverTls)
  return signal => fetchKeys(uri, signal, fetch)
}

/** The innermost cause, for `fetch failed` says nothing. */
function causeText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.cause !== undefined) return causeText(error.cause)
  const code = 'code' in error && typeof error.code === 'string' ? `${error.code}: ` : ''
  return `${code}${error.message}`
}
