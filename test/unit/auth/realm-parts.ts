import { UNAVAILABLE, type IntrospectionAnswer, type Introspections } from '../../../src/auth/introspection.ts'
import type { JwtRealmParts } from '../../../src/auth/jwt-realm.ts'
import { Revocations } from '../../../src/auth/revocations.ts'
import { FakeRandom } from '../../support/fake-clock.ts'

/** An authorization server's word on tokens, as a test gives it; nothing is known of any other. */
export class FakeIntrospections implements Introspections {
  readonly asked: string[] = []
  answer: IntrospectionAnswer = UNAVAILABLE
  /** What is at hand without asking it. */
  known: IntrospectionAnswer = UNAVAILABLE

  ask(realm: string, token: string, knownOnly = false): Promise<IntrospectionAnswer> {
    if (knownOnly) return Promise.resolve(this.known)
    this.asked.push(`${realm} ${token}`)
    return Promise.resolve(this.answer)
  }
}

/** What JWT realms run on, with nothing revoked and nobody to ask unless a test brings it. */
export function realmParts(parts: Pick<JwtRealmParts, 'verifier' | 'clock'> & Partial<JwtRealmParts>): JwtRealmParts {
  return {
    introspections: new FakeIntrospections(),
    revocations: new Revocations(),
    random: new FakeRandom(),
    ...parts,
  }
}
