import type { Permission } from '../../core/permissions.ts'
import type { AuthorizationChainStrategy } from '../security-model.ts'
import type { AuthorizationOutcome, AuthorizationRequest, Authorizer } from './authorizer.ts'

/** Asks one manager after the other, or all of them; permissions that are not understood end the chain. */
export class ChainAuthorizer implements Authorizer {
  readonly #strategy: AuthorizationChainStrategy
  readonly #chain: readonly Authorizer[]

  constructor(strategy: AuthorizationChainStrategy, chain: readonly Authorizer[]) {
    this.#strategy = strategy
    this.#chain = chain
  }

  authorize(request: AuthorizationRequest): AuthorizationOutcome {
    const merged: Permission[] = []
    let known = false
    for (const authorizer of this.#chain) {
      const outcome = authorizer.authorize(request)
      if (outcome.kind === 'refused') return outcome
      if (outcome.kind === 'unknown') continue
      known = true
      if (this.#isEnough(outcome.permissions)) return outcome
      merged.push(...outcome.permissions)
    }
    return known ? { kind: 'known', permissions: merged } : { kind: 'unknown' }
  }

  #isEnough(permissions: readonly Permission[]): boolean {
    switch (this.#strategy) {
      case 'unknown-keys':
        return true
      case 'unknown-keys-or-empty':
        return permissions.length > 0
      case 'merge':
        return false
    }
  }
}
