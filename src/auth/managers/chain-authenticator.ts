import type {
  Authenticated,
  AuthenticationAttempt,
  AuthenticationOutcome,
  Authenticator,
  EarlierProof,
} from '../authenticator.ts'
import { REFUSAL_CAUSES, refused } from '../refusal-cause.ts'
import type { Refusal, RefusalCause } from '../refusal-cause.ts'
import type { AuthenticationChainStrategy } from '../security-model.ts'

/** What a realm says of credentials that are not of its kind, or that another realm may know. */
const UNKNOWN_KEY: ReadonlySet<RefusalCause> = new Set([
  'unknown_authentication_key',
  'no_token',
  'token_malformed',
  'not_canonical',
  'token_too_large',
  'issuer',
  'unknown_kid',
])

/**
 * Asks one manager after the other. One that cannot answer by a fault of ours ends the chain: a key server that is down
 * must not hand its clients to the next manager, which may be weaker.
 */
export class ChainAuthenticator implements Authenticator {
  readonly #strategy: AuthenticationChainStrategy
  readonly #chain: readonly Authenticator[]

  constructor(strategy: AuthenticationChainStrategy, chain: readonly Authenticator[]) {
    this.#strategy = strategy
    this.#chain = chain
  }

  async authenticate(attempt: AuthenticationAttempt): Promise<AuthenticationOutcome> {
    let refusal: Refusal = refused('unknown_authentication_key')
    for (const authenticator of this.#chain) {
      const outcome = await authenticator.authenticate(attempt)
      if (outcome.kind === 'authenticated' || !this.#goesOn(outcome.cause)) return outcome
      // The one that knew the client says more than those that did not.
      if (UNKNOWN_KEY.has(refusal.cause)) refusal = outcome
    }
    return refusal
  }

  again(proof: EarlierProof): Authenticated | undefined {
    for (const authenticator of this.#chain) {
      // What this one would say is not known, and those behind it may not have been asked.
      if (authenticator.again === undefined) return undefined
      const outcome = authenticator.again(proof)
      if (outcome !== undefined) return outcome
    }
    return undefined
  }

  #goesOn(cause: RefusalCause): boolean {
    if (REFUSAL_CAUSES[cause].fault === 'ours') return false
    return this.#strategy === 'unknown-key-or-wrong-secret' || UNKNOWN_KEY.has(cause)
  }
}
