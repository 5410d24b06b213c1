import type { JsonObject } from './json-object.ts'

/** What the authorization server says of a token, as it is handed from the primary to a worker. */
export type IntrospectionAnswer =
  | { readonly kind: 'active'; readonly claims: JsonObject }
  | { readonly kind: 'inactive' }
  | { readonly kind: 'unavailable' }

/** Asks about tokens (RFC 7662); one process of the host does, and its answers are shared. */
export interface Introspections {
  /** Resolves within a bounded time and never rejects. */
  ask(realm: string, token: string): Promise<IntrospectionAnswer>
}

/** The answer where there is none. */
export const UNAVAILABLE: IntrospectionAnswer = { kind: 'unavailable' }
