import type { Credentials } from '../ports/auth.ts'
import type { Refusal } from './refusal-cause.ts'
import type { JwtRealmModel, JwtValidationModel } from './security-model.ts'

/** What a realm says of credentials; the detail of a refusal is for the log only. */
export type AuthenticationOutcome =
  | {
      readonly kind: 'authenticated'
      /** Issuer and subject in one string; empty: nobody in particular. */
      readonly owner: string
      /** Unix time in ms after which the proof is no longer valid; undefined: it does not end. */
      readonly expiresAtMs: number | undefined
    }
  | Refusal

/** The authentication step of one pipeline. It answers at once where it can, and rejects only for a fault of ours. */
export interface Authenticator {
  authenticate(credentials: Credentials): Promise<AuthenticationOutcome> | AuthenticationOutcome
}

/** Makes the authentication step of one pipeline with a JWT authentication manager. */
export type JwtAuthenticatorFactory = (realm: JwtRealmModel, validation: JwtValidationModel) => Authenticator
