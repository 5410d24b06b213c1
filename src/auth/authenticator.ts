import type { Credentials, Standing } from '../ports/auth.ts'
import type { DecisionTrace } from './decision-trace.ts'
import type { StoredPassword } from './file-realm-model.ts'
import type { JsonObject } from './json-object.ts'
import type { Refusal } from './refusal-cause.ts'
import type { JwtRealmModel, JwtValidationModel } from './security-model.ts'
import type { TokenStanding } from './token-standing.ts'

/** What a realm says of credentials; the detail of a refusal is for the log only. */
export type AuthenticationOutcome =
  | {
      readonly kind: 'authenticated'
      /** Issuer and subject in one string; empty: nobody in particular. */
      readonly owner: string
      /** Unix time in ms after which the proof is no longer valid; undefined: it does not end. */
      readonly expiresAtMs: number | undefined
      /** ESE's `authorization-key` where the realm knows it; absent: the subject of `claims`, or nobody. */
      readonly authorizationKey?: string
      /** The user of a realm file that it is; absent: it proved itself by other means. */
      readonly user?: KnownUser
      /** The claims of the token that proved it; absent: there was none. */
      readonly claims?: JsonObject
      /** How the proof stands later on; absent: it does not change. */
      readonly standing?: Standing
      /** What the token was decided by; absent: there was none. */
      readonly token?: ProvenToken
    }
  | Refusal

/** The word that lets a client in. */
export type Authenticated = Extract<AuthenticationOutcome, { readonly kind: 'authenticated' }>

/** A user of a realm file, as it was when the client proved to be that user. */
export interface KnownUser {
  readonly realm: string
  readonly name: string
  readonly password: StoredPassword
}

/** How a token was found good, so that it can be held against other rules without being shown again. */
export interface ProvenToken {
  readonly realm: JwtRealmModel
  readonly rules: JwtValidationModel
  /** The key that verified it; undefined: its issuer was asked instead. */
  readonly keyId: string | undefined
  /** Its end in Unix ms, without any grace. */
  readonly endsAtMs: number
  readonly standing: TokenStanding
}

/** What a client that is in has proved, and as whom it came. */
export interface EarlierProof {
  readonly credentials: Credentials
  /** The user of a realm file that it proved to be; undefined: none. */
  readonly user: KnownUser | undefined
  /** The claims of its token; undefined: it had none. */
  readonly claims: JsonObject | undefined
  readonly token: ProvenToken | undefined
}

/** What may be done for a client: nothing that costs, what the budgets allow, or all. */
export type Allowance = 'nothing-costly' | 'within-budget' | 'all'

/** What is held against a realm: `password` and `key` are ESE's `authentication-byte-secret` and `authentication-key`. */
export interface AuthenticationAttempt extends Credentials {
  /** The name that the client goes by here: its user name, unless a preprocessor says otherwise. Absent: it has none. */
  readonly key?: string | undefined
  /** Absent: nobody wants the decision explained. */
  readonly trace?: DecisionTrace | undefined
  /** Absent: all. */
  readonly allowance?: Allowance | undefined
}

/** The authentication step of one pipeline. It answers at once where it can, and rejects only for a fault of ours. */
export interface Authenticator {
  authenticate(attempt: AuthenticationAttempt): Promise<AuthenticationOutcome> | AuthenticationOutcome
  /**
   * What is proved by what the client has shown when it was let in by another configuration; undefined: nothing, or it
   * would have to be shown again. Absent: that is never enough.
   */
  again?(proof: EarlierProof): Authenticated | undefined
}

/** Makes the authentication step of one pipeline with a JWT authentication manager. */
export type JwtAuthenticatorFactory = (realm: JwtRealmModel, validation: JwtValidationModel) => Authenticator
