import type { JsonObject } from './json-object.ts'

/** What the authorization server says of a token, as it is handed from the primary to a worker. */
export type IntrospectionAnswer =
  | { readonly kind: 'active'; readonly claims: JsonObject }
  | { readonly kind: 'inactive' }
  | { readonly kind: 'unavailable' }

/** Asks about tokens (RFC 7662); one process of the host does, and its answers are shared. */
export interface Introspections {
  /**
   * Resolves within a bounded time and never rejects. With `knownOnly` an answer that is not at hand is `unavailable`,
   * and the endpoint is left alone.
   */
  ask(realm: string, token: string, knownOnly?: boolean): Promise<IntrospectionAnswer>
}

/** The answer where there is none. */
export const UNAVAILABLE: IntrospectionAnswer = { kind: 'unavailable' }
