import { keysOf, type FetchedKeys } from './jwks-fetch.ts'
import { isJsonObject, member } from './json-object.ts'
import { KEYS_REFRESH_SHARE, KEYS_STALE_MAX_MS, keysLifetimeMs } from './key-lifetime.ts'
import { KeySet } from './key-set.ts'
import type { JwtRealmModel } from './security-model.ts'
import type { SharedAnswers, SharedEntry } from './shared-answers.ts'
import type { Clock } from '../ports/clock.ts'

/** A key set with the time at which it was asked for. */
export interface DatedKeys extends FetchedKeys {
  readonly fetchedAtMs: number
}

/** Which set is wanted. */
export interface WantedKeys {
  /** Later than that of the set that is known. */
  readonly laterThanMs: number
  /** A key that a token names, and when it came: the set has it, or was asked for since. Undefined: none. */
  readonly named: { readonly kid: string; readonly atMs: number } | undefined
}

/** For how long nobody asks again for a key that a set was seen not to have. */
const ABSENT_MS = 30_000
/** The clocks of two nodes may differ by this much. */
const CLOCKS_APART_MS = 60_000
const ABSENT = Buffer.from('absent')

/** The key set of one realm as the nodes of a cluster share it. */
export class SharedKeys {
  readonly #realm: JwtRealmModel
  readonly #answers: SharedAnswers
  readonly #clock: Clock
  readonly #name: string

  constructor(realm: JwtRealmModel, answers: SharedAnswers, clock: Clock) {
    this.#realm = realm
    this.#answers = answers
    this.#clock = clock
    // The address is part of the name: a node that has another one for this realm never sees what this one fetched.
    this.#name = answers.nameOf('keys', realm.jwksUri)
  }

  /** The set that another node has fetched, where it is such a one, else what `ask` fetches for all. */
  obtain(wanted: WantedKeys, ask: () => Promise<DatedKeys>): Promise<DatedKeys> {
    return this.#answers.once({
      name: this.#name,
      accept: value => this.#wanted(value, wanted),
      ask,
      entryOf: keys => this.#entryOf(keys),
    })
  }

  /** The last set that any node has fetched, fresh or not; undefined: there is none, or none that may still be used. */
  last(): Promise<DatedKeys | undefined> {
    return this.#answers.find(this.#name, value => this.#read(value))
  }

  /** Whether a node has lately seen that the set lacks this key. */
  async isAbsent(kid: string): Promise<boolean> {
    return (await this.#answers.find(this.#absenceOf(kid), value => value)) !== undefined
  }

  /** Tells the other nodes that a set that was asked for since this key was named lacks it. */
  setAbsent(kid: string): void {
    this.#answers.put(this.#absenceOf(kid), { value: ABSENT, untilMs: this.#clock.nowMs() + ABSENT_MS })
  }

  #absenceOf(kid: string): string {
    return this.#answers.nameOf('absent key', this.#realm.jwksUri, kid)
  }

  #wanted(value: Buffer, { laterThanMs, named }: WantedKeys): DatedKeys | undefined {
    const found = this.#read(value)
    if (found === undefined || found.fetchedAtMs <= laterThanMs) return undefined
    const lifetimeMs = keysLifetimeMs(found.lifetimeSeconds, this.#realm.jwksDefaultCacheSeconds)
    if (this.#clock.nowMs() >= found.fetchedAtMs + lifetimeMs * KEYS_REFRESH_SHARE) return undefined
    if (named === undefined || found.fetchedAtMs >= named.atMs) return found
    return found.keys.some(key => key['kid'] === named.kid) ? found : undefined
  }

  #read(value: Buffer): DatedKeys | undefined {
    const keys = readEntry(value)
    if (keys === undefined || keys.fetchedAtMs > this.#clock.nowMs() + CLOCKS_APART_MS) return undefined
    return this.#isUsable(keys) ? keys : undefined
  }

  #entryOf(dated: DatedKeys): SharedEntry | undefined {
    const { keys, lifetimeSeconds, fetchedAtMs } = dated
    if (!this.#isUsable(dated)) return undefined
    const lifetimeMs = keysLifetimeMs(lifetimeSeconds, this.#realm.jwksDefaultCacheSeconds)
    const value = Buffer.from(JSON.stringify({ fetchedAtMs, lifetimeSeconds, keys }))
    return { value, untilMs: fetchedAtMs + lifetimeMs + KEYS_STALE_MAX_MS }
  }

  #isUsable({ keys, fetchedAtMs }: DatedKeys): boolean {
    return new KeySet({ realm: this.#realm.name, keys, fetchedAtMs }).size > 0
  }
}

/** As strict as with what a server answers; when that was said, the server's clock, tells nothing of ours. */
function readEntry(value: Buffer): DatedKeys | undefined {
  try {
    const text = value.toString()
    const keys = keysOf(text)
    const entry: unknown = JSON.parse(text)
    if (!isJsonObject(entry)) return undefined
    const fetchedAtMs = member(entry, 'fetchedAtMs')
    const lifetimeSeconds = member(entry, 'lifetimeSeconds')
    if (typeof fetchedAtMs !== 'number') return undefined
    return { keys, lifetimeSeconds: typeof lifetimeSeconds === 'number' ? lifetimeSeconds : undefined, fetchedAtMs }
  } catch {
    // Not a JWK Set: an entry of another version of guardbee, which counts as none.
    return undefined
  }
}
