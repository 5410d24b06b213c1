import type { KeySetSnapshot } from '../ports/key-sets.ts'
import type { IntrospectionAnswer } from './introspection.ts'
import type { JsonObject } from './json-object.ts'
import type { Refusal } from './refusal-cause.ts'
import type { JwtRealmModel, JwtValidationModel } from './security-model.ts'

/** What the claims of a token are checked for, in this order. */
export type ClaimCheck = 'kind' | 'binding' | 'times' | 'issuer' | 'audience' | 'subject' | 'scope' | 'custom-claims'

/** One step of the door as it was taken. A step without a refusal went well. */
export type DecisionStep =
  | { readonly kind: 'pipeline'; readonly name: string | undefined; readonly refusal: Refusal | undefined }
  /** A JWT realm begins to decide, by these rules. */
  | { readonly kind: 'realm'; readonly realm: JwtRealmModel; readonly rules: JwtValidationModel }
  /** A realm file was asked for the user of that name, and its password. */
  | {
      readonly kind: 'user'
      readonly realm: string
      readonly name: string | undefined
      readonly refusal: Refusal | undefined
    }
  | { readonly kind: 'form'; readonly password: Buffer | undefined; readonly refusal: Refusal | undefined }
  /** Which of several issuers the token is of. */
  | { readonly kind: 'issuer-choice'; readonly claims: JsonObject; readonly refusal: Refusal }
  | { readonly kind: 'header'; readonly header: JsonObject; readonly refusal: Refusal | undefined }
  | {
      readonly kind: 'claim'
      readonly check: ClaimCheck
      readonly claims: JsonObject
      readonly nowMs: number
      readonly refusal: Refusal | undefined
    }
  | {
      readonly kind: 'key'
      readonly kid: string | undefined
      readonly snapshot: KeySetSnapshot | undefined
      readonly refusal: Refusal | undefined
    }
  | { readonly kind: 'signature'; readonly algorithm: string; readonly refusal: Refusal | undefined }
  | { readonly kind: 'introspection'; readonly answer: IntrospectionAnswer; readonly refusal: Refusal | undefined }
  | { readonly kind: 'revocation'; readonly refusal: Refusal | undefined }
  | {
      readonly kind: 'permissions'
      readonly authorizationKey: string | undefined
      readonly refusal: Refusal | undefined
    }

/** Is told every step while the door decides; absent where nobody wants the decision explained. */
export type DecisionTrace = (step: DecisionStep) => void

/** The refusal in what a step came to, if it is one. */
export function refusalIn(outcome: object | Refusal): Refusal | undefined {
  return 'cause' in outcome ? outcome : undefined
}
