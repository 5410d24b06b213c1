import type { Permission } from '../../core/permissions.ts'
import type { Credentials } from '../../ports/auth.ts'
import type { EseVariables } from '../ese-variables.ts'
import type { JsonObject } from '../json-object.ts'
import type { Refusal } from '../refusal-cause.ts'

/** A client that was authenticated and now asks for its permissions. */
export interface AuthorizationRequest {
  readonly credentials: Credentials
  readonly variables: EseVariables
  /** The claims of its token; undefined: it was let in by other means. */
  readonly claims: JsonObject | undefined
}

/** What an authorization manager says. The Topic Filters may hold placeholders still. */
export type AuthorizationOutcome =
  | { readonly kind: 'known'; readonly permissions: readonly Permission[] }
  /** Nothing is known of the client here. */
  | { readonly kind: 'unknown' }
  | Refusal

/** The authorization step of one pipeline; it has all that it needs in memory. */
export interface Authorizer {
  authorize(request: AuthorizationRequest): AuthorizationOutcome
}
