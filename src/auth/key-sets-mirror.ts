import { TokenBucket } from '../core/token-bucket.ts'
import { within } from './within.ts'
import type { Clock } from '../ports/clock.ts'
import type { KeyAnswer, KeySets, KeySetSnapshot } from '../ports/key-sets.ts'
import type { Log } from '../ports/telemetry.ts'

export interface KeySetsMirrorParts {
  /** Asks the process that fetches; resolves as its `KeySets.refresh` does. */
  readonly request: (realm: string, kid: string) => Promise<KeyAnswer | undefined>
  readonly clock: Clock
  readonly log: Log
}

/** A little more than the process that fetches lets a request wait. */
const REQUEST_WAIT_MS = 3_000
/** A rotation brings a key or two; a flood of invented kids must not become one of requests. */
const REQUEST_BURST = 32
const REQUEST_REFILL_MS = 100

/** The key sets in a worker: what the process that fetches has handed over. */
export class KeySetsMirror implements KeySets {
  readonly #parts: KeySetsMirrorParts
  readonly #snapshots = new Map<string, KeySetSnapshot>() // by realm, and realms come from the configuration
  readonly #requests = new Map<string, Promise<KeyAnswer>>() // by realm and kid
  readonly #budgets = new Map<string, TokenBucket>() // by realm

  constructor(parts: KeySetsMirrorParts) {
    this.#parts = parts
  }

  /** Takes a set that was handed over, unless a newer one is here. */
  accept(snapshot: KeySetSnapshot): void {
    const known = this.#snapshots.get(snapshot.realm)
    if (known === undefined || known.fetchedAtMs < snapshot.fetchedAtMs) this.#snapshots.set(snapshot.realm, snapshot)
  }

  /** Forgets all realms but these. */
  retain(realms: ReadonlySet<string>): void {
    for (const ofRealm of [this.#snapshots, this.#budgets]) {
      for (const realm of ofRealm.keys()) if (!realms.has(realm)) ofRealm.delete(realm)
    }
  }

  current(realm: string): KeySetSnapshot | undefined {
    return this.#snapshots.get(realm)
  }

  /** One request at a time for a realm and kid; beyond the realm's budget the answer is what is known now. */
  refresh(realm: string, kid: string): Promise<KeyAnswer> {
    const name = JSON.stringify([realm, kid])
    const running = this.#requests.get(name)
    if (running !== undefined) return running
    if (!this.#budget(realm).take(this.#parts.clock.nowMs())) {
      return Promise.resolve({ snapshot: this.current(realm), absent: false })
    }
    const request = this.#ask(realm, kid).finally(() => this.#requests.delete(name))
    this.#requests.set(name, request)
    return request
  }

  #budget(realm: string): TokenBucket {
    const known = this.#budgets.get(realm)
    if (known !== undefined) return known
    const budget = new TokenBucket(REQUEST_BURST, REQUEST_REFILL_MS, this.#parts.clock.nowMs())
    this.#budgets.set(realm, budget)
    return budget
  }

  async #ask(realm: string, kid: string): Promise<KeyAnswer> {
    let absent = false
    try {
      const answer = this.#parts.request(realm, kid)
      const answered = await within(this.#parts.clock, REQUEST_WAIT_MS, answer, () => undefined)
      if (answered?.snapshot !== undefined) this.accept(answered.snapshot)
      absent = answered?.absent === true
    } catch (error) {
      this.#parts.log.error('key set request failed', error, { realm })
    }
    return { snapshot: this.current(realm), absent }
  }
}
