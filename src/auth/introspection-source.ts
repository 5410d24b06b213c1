import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/telemetry.ts'
import { introspectionRequests } from './introspection-request.ts'
import { UNAVAILABLE } from './introspection.ts'
import type { IntrospectionAnswer, Introspections } from './introspection.ts'
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
  readonly #realms: ReadonlyMap<string, RealmIntrospection>

  constructor({ realms, clock, log, shared }: IntrospectionSourceParts) {
    this.#realms = new Map(
      realms
        .flatMap(realm => realm.issuers?.map(issuer => issuer.realm) ?? [realm])
        .flatMap(({ name, introspection, serverTls }) => {
          if (introspection === undefined) return []
          const request = introspectionRequests(introspection, serverTls)
          return [[name, new RealmIntrospection(name, introspection, { request, clock, log, shared })] as const]
        }),
    )
  }

  /** Requests that were sent, of all realms. */
  get requests(): number {
    return [...this.#realms.values()].reduce((sum, realm) => sum + realm.requests, 0)
  }

  /** Requests that brought no answer, of all realms. */
  get failures(): number {
    return [...this.#realms.values()].reduce((sum, realm) => sum + realm.failures, 0)
  }

  ask(realm: string, token: string, knownOnly = false): Promise<IntrospectionAnswer> {
    return this.#realms.get(realm)?.ask(token, knownOnly) ?? Promise.resolve(UNAVAILABLE)
  }

  close(): void {
    for (const realm of this.#realms.values()) realm.close()
  }
}
