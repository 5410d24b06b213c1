import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/telemetry.ts'
import { checkClientKey, introspectionRequests } from './introspection-request.ts'
import { UNAVAILABLE } from './introspection.ts'
import type { IntrospectionAnswer, Introspections } from './introspection.ts'
import { ownRealms, realmId, realmIds } from './realm-id.ts'
import { RealmIntrospection } from './realm-introspection.ts'
import type { JwtRealmModel } from './security-model.ts'
import type { SharedAnswers } from './shared-answers.ts'

export interface IntrospectionSourceParts {
  readonly realms: readonly JwtRealmModel[]
  readonly clock: Clock
  readonly log: Log
  /** What the nodes of a cluster share; absent: nothing. */
  readonly shared?: SharedAnswers | undefined
}

/** Asks the introspection endpoints of all realms for this host, in its one process that does, and for those that share with it. */
export class IntrospectionSource implements Introspections {
  readonly #parts: Omit<IntrospectionSourceParts, 'realms'>
  readonly #realms: Map<string, RealmIntrospection> // by id
  /** Of realms that are closed. */
  #requestsBefore = 0
  #failuresBefore = 0

  constructor({ realms, ...parts }: IntrospectionSourceParts) {
    this.#parts = parts
    this.#realms = new Map(this.#opened(realms))
  }

  /** Requests that were sent, of all realms. */
  get requests(): number {
    return [...this.#realms.values()].reduce((sum, realm) => sum + realm.requests, this.#requestsBefore)
  }

  /** Requests that brought no answer, of all realms. */
  get failures(): number {
    return [...this.#realms.values()].reduce((sum, realm) => sum + realm.failures, this.#failuresBefore)
  }

  ask(realm: string, token: string, knownOnly = false): Promise<IntrospectionAnswer> {
    return this.#realms.get(realm)?.ask(token, knownOnly) ?? Promise.resolve(UNAVAILABLE)
  }

  /**
   * Makes what those of these realms need that are new; the function that it resolves with takes it in. Rejects with
   * `CONFIGURATION` where one of their files cannot be used, and then nothing has changed.
   */
  async prepare(realms: readonly JwtRealmModel[]): Promise<() => void> {
    const wanted = ownRealms(realms).filter(realm => !this.#realms.has(realmId(realm)))
    for (const { introspection } of wanted) await checkClientKey(introspection)
    const opened = this.#opened(wanted)
    return () => {
      for (const [id, realm] of opened) this.#realms.set(id, realm)
    }
  }

  /** Closes all but these realms. */
  retain(realms: readonly JwtRealmModel[]): void {
    const wanted = realmIds(realms)
    for (const [id, realm] of this.#realms) {
      if (wanted.has(id)) continue
      this.#realms.delete(id)
      this.#requestsBefore += realm.requests
      this.#failuresBefore += realm.failures
      realm.close()
    }
  }

  close(): void {
    for (const realm of this.#realms.values()) realm.close()
  }

  #opened(realms: readonly JwtRealmModel[]): readonly (readonly [string, RealmIntrospection])[] {
    return ownRealms(realms).flatMap(realm => {
      const { name, introspection, serverTls } = realm
      if (introspection === undefined) return []
      const request = introspectionRequests(introspection, serverTls)
      return [[realmId(realm), new RealmIntrospection(name, introspection, { ...this.#parts, request })] as const]
    })
  }
}
