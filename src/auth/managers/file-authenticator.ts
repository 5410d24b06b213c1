import { isDeepStrictEqual } from 'node:util'
import type {
  Authenticated,
  AuthenticationAttempt,
  AuthenticationOutcome,
  Authenticator,
  EarlierProof,
} from '../authenticator.ts'
import { refusalIn } from '../decision-trace.ts'
import type { FileRealmModel, FileUserModel, StoredPassword } from '../file-realm-model.ts'
import type { PasswordVerifier } from '../password-pool.ts'
import { refused } from '../refusal-cause.ts'

/** Authenticates the users of a realm file by their passwords. */
export class FileAuthenticator implements Authenticator {
  readonly #realm: string
  readonly #users: ReadonlyMap<string, FileUserModel>
  readonly #passwords: PasswordVerifier

  constructor({ name, users }: FileRealmModel, passwords: PasswordVerifier) {
    this.#realm = name
    this.#users = new Map(users.map(user => [user.name, user]))
    this.#passwords = passwords
  }

  async authenticate(attempt: AuthenticationAttempt): Promise<AuthenticationOutcome> {
    const outcome = await this.#decide(attempt)
    attempt.trace?.({ kind: 'user', realm: this.#realm, name: attempt.key, refusal: refusalIn(outcome) })
    return outcome
  }

  /** A user who has another password by now is another user. */
  again({ user }: EarlierProof): Authenticated | undefined {
    if (user?.realm !== this.#realm || user.password === undefined) return undefined
    const known = this.#users.get(user.name)
    return isDeepStrictEqual(known?.password, user.password) ? this.#authenticated(user.name, user.password) : undefined
  }

  async #decide({ key, password, allowance }: AuthenticationAttempt): Promise<AuthenticationOutcome> {
    const user = key === undefined ? undefined : this.#users.get(key)
    if (user === undefined) return refused('unknown_authentication_key', { realm: this.#realm })
    if (user.password === undefined || password === undefined) return this.#wrongSecret()
    if (allowance === 'nothing-costly') return refused('address_over_budget')
    const verdict = await this.#passwords.verify(password, user.password)
    if (verdict === 'overloaded') return refused('overloaded')
    if (verdict === 'wrong') return this.#wrongSecret()
    return this.#authenticated(user.name, user.password)
  }

  #authenticated(name: string, password: StoredPassword): Authenticated {
    return {
      kind: 'authenticated',
      owner: JSON.stringify({ realm: this.#realm, user: name }),
      expiresAtMs: undefined,
      authorizationKey: name,
      user: { realm: this.#realm, name, password },
    }
  }

  #wrongSecret(): AuthenticationOutcome {
    return refused('wrong_authentication_secret', { realm: this.#realm })
  }
}
