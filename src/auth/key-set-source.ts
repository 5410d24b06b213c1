import { ownRealms, realmId, realmIds } from './realm-id.ts'
import { RealmKeys, type RealmKeysParts } from './realm-keys.ts'
import type { JwtRealmModel } from './security-model.ts'
import type { SharedAnswers } from './shared-answers.ts'
import { within } from './within.ts'
import { BrokerError } from '../core/errors.ts'
import type { Clock, Random } from '../ports/clock.ts'
import type { KeyAnswer, KeySets, KeySetSnapshot } from '../ports/key-sets.ts'
import type { Log } from '../ports/telemetry.ts'

const OTHERS_WAIT_MS = 10_000

export interface KeySetSourceParts {
  readonly realms: readonly JwtRealmModel[]
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** What the nodes of a cluster share; absent: nothing. */
  readonly shared?: SharedAnswers | undefined
}

/** Fetches the key sets of all realms for this host, in its one process that does, and keeps them fresh. */
export class KeySetSource implements KeySets {
  readonly #parts: RealmKeysParts
  readonly #realms = new Map<string, RealmKeys>() // by id
  readonly #clock: Clock
  readonly #log: Log
  #listener: (snapshot: KeySetSnapshot) => void = () => undefined
  /** Of realms that are closed. */
  #fetchesBefore = 0
  #failuresBefore = 0
  #closed = false

  constructor({ realms, clock, random, log, shared }: KeySetSourceParts) {
    this.#clock = clock
    this.#log = log
    const onSnapshot = (snapshot: KeySetSnapshot): void => {
      if (this.#realms.has(snapshot.realm)) this.#listener(snapshot)
    }
    this.#parts = { clock, random, log, shared, onSnapshot }
    for (const realm of withKeys(realms)) this.#realms.set(realmId(realm), new RealmKeys(realm, this.#parts))
  }

  /** Fetches that were begun, of all realms. */
  get fetches(): number {
    return this.#fetchesBefore + sum([...this.#realms.values()].map(realm => realm.fetches))
  }

  /** Fetches that gave no usable set, of all realms. */
  get failures(): number {
    return this.#failuresBefore + sum([...this.#realms.values()].map(realm => realm.failures))
  }

  /** Whether each realm has a set, or a fetch that failed. */
  get settled(): boolean {
    return [...this.#realms.values()].every(
      ({ snapshot, lastFailure }) => snapshot !== undefined || lastFailure !== undefined,
    )
  }

  /** Why the realm has no newer set; undefined: the last fetch gave one, or none has ended yet. */
  lastFailure(realm: string): string | undefined {
    return this.#realms.get(realm)?.lastFailure
  }

  /**
   * Set once, before `start`. Called with each new set, to hand it to the workers; with one without keys when the last
   * good set has become too old to be trusted.
   */
  onSnapshot(listener: (snapshot: KeySetSnapshot) => void): void {
    this.#listener = listener
  }

  /**
   * Resolves when each realm has its first set; keeps trying until then and logs why it has none. Or when closed. Where
   * one realm has its keys, the others are waited for 10 seconds only: an issuer that is away must not keep out the
   * devices of another. It goes on being asked, and its tokens are told to come again.
   */
  async start(): Promise<void> {
    const started = Array.from(this.#realms.values(), realm => realm.start())
    if (started.length === 0) return
    const patience = Promise.withResolvers<void>()
    await Promise.race(started)
    const timer = this.#clock.after(OTHERS_WAIT_MS, patience.resolve)
    await Promise.race([Promise.all(started), patience.promise])
    timer.cancel()
    if (this.#closed) return
    for (const [name, { snapshot }] of this.#realms) {
      if (snapshot === undefined) this.#log.warn('clients are let in without the keys of this realm', { realm: name })
    }
  }

  /**
   * Fetches the keys of those of these realms that are new, beside those in use; the function that it resolves with
   * takes them in. Rejects with `KEY_SET_UNAVAILABLE` where a realm has none after ten seconds, or with `CONFIGURATION`,
   * and then nothing has changed.
   */
  async prepare(realms: readonly JwtRealmModel[]): Promise<() => void> {
    const opened = withKeys(realms)
      .filter(realm => !this.#realms.has(realmId(realm)))
      .map(realm => ({ name: realm.name, id: realmId(realm), keys: new RealmKeys(realm, this.#parts) }))
    try {
      await Promise.all(opened.map(({ name, keys }) => this.#firstKeys(name, keys)))
    } catch (error) {
      for (const { keys } of opened) keys.close()
      throw error
    }
    return () => {
      for (const { id, keys } of opened) {
        keys.quiet = false
        this.#realms.set(id, keys)
        if (this.#closed) keys.close()
      }
    }
  }

  /** Closes all but these realms. */
  retain(realms: readonly JwtRealmModel[]): void {
    const wanted = realmIds(realms)
    for (const [id, realm] of this.#realms) {
      if (wanted.has(id)) continue
      this.#realms.delete(id)
      this.#fetchesBefore += realm.fetches
      this.#failuresBefore += realm.failures
      realm.close()
    }
  }

  /** The newest set of each realm that has one, for a worker that starts. */
  snapshots(): readonly KeySetSnapshot[] {
    return [...this.#realms.values()].map(realm => realm.snapshot).filter(snapshot => snapshot !== undefined)
  }

  current(realm: string): KeySetSnapshot | undefined {
    return this.#realms.get(realm)?.snapshot
  }

  refresh(realm: string, kid: string): Promise<KeyAnswer> {
    return this.#realms.get(realm)?.refresh(kid) ?? Promise.resolve({ snapshot: undefined, absent: false })
  }

  /** Ends fetches and timers. */
  close(): void {
    this.#closed = true
    for (const realm of this.#realms.values()) realm.close()
  }

  async #firstKeys(name: string, realm: RealmKeys): Promise<void> {
    realm.quiet = true
    await within(this.#clock, OTHERS_WAIT_MS, realm.start(), () => undefined)
    if (realm.snapshot !== undefined) return
    const why = realm.lastFailure ?? 'no answer yet'
    throw new BrokerError('KEY_SET_UNAVAILABLE', `realm ${name} has no keys: ${why}`)
  }
}

/** The realms that have keys: none where tokens are introspected only. */
function withKeys(realms: readonly JwtRealmModel[]): readonly JwtRealmModel[] {
  return ownRealms(realms).filter(realm => realm.introspection?.only !== true)
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}
