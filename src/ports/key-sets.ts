/** A JSON Web Key as published by an issuer (RFC 7517); unknown members are kept. */
export type PublicJwk = Readonly<Record<string, unknown>>

/** The usable signature keys of one realm as last fetched. */
export interface KeySetSnapshot {
  readonly realm: string
  readonly keys: readonly PublicJwk[]
  readonly fetchedAtMs: number
  /** How far this host's clock was ahead of the server's then, by its Date header; absent: it sent none. */
  readonly clockAheadMs?: number
}

/** What came of asking for a key that a token names. */
export interface KeyAnswer {
  /** The newest set. */
  readonly snapshot: KeySetSnapshot | undefined
  /** Whether the issuer was asked lately and has no such key; else its absence from the set says nothing. */
  readonly absent: boolean
}

/** The key sets of all realms as this process knows them. One process of the host fetches; the others are handed the result. */
export interface KeySets {
  /** The newest set, or undefined while none was ever fetched. Synchronous, so that a known key costs no wait. */
  current(realm: string): KeySetSnapshot | undefined
  /**
   * A token names a `kid` that the current set lacks: asks for a fetch and resolves with the newest set once it is
   * here, or after a bounded wait, or at once when the realm's budget of such fetches is spent. Never rejects.
   */
  refresh(realm: string, kid: string): Promise<KeyAnswer>
}
