import { RealmKeys } from './realm-keys.ts'
import type { JwtRealmModel } from './security-model.ts'
import type { SharedAnswers } from './shared-answers.ts'
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
  readonly #realms: ReadonlyMap<string, RealmKeys>
  readonly #clock: Clock
  readonly #log: Log
  #listener: (snapshot: KeySetSnapshot) => void = () => undefined
  #closed = false

  constructor({ realms, clock, random, log, shared }: KeySetSourceParts) {
    this.#clock = clock
    this.#log = log
    const parts = { clock, random, log, shared, onSnapshot: (snapshot: KeySetSnapshot) => this.#listener(snapshot) }
    this.#realms = new Map(realms.flatMap(withKeys).map(realm => [realm.name, new RealmKeys(realm, parts)]))
  }

  /** Fetches that were begun, of all realms. */
  get fetches(): number {
    return sum([...this.#realms.values()].map(realm => realm.fetches))
  }

  /** Fetches that gave no usable set, of all realms. */
  get failures(): number {
    return sum([...this.#realms.values()].map(realm => realm.failures))
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
}

/** The realms that have keys: those of each issuer, and none where tokens are introspected only. */
function withKeys(realm: JwtRealmModel): readonly JwtRealmModel[] {
  if (realm.issuers !== undefined) return realm.issuers.flatMap(issuer => withKeys(issuer.realm))
  return realm.introspection?.only === true ? [] : [realm]
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}
