import type { ListenerIdentity } from './connection.ts'
import type { Permissions } from '../core/permissions.ts'

/** What a client shows at the door. */
export interface Credentials {
  readonly listener: ListenerIdentity
  readonly remoteAddress: string
  /** The Client Identifier of CONNECT, or the one assigned. */
  readonly clientId: string
  readonly username: string | undefined
  readonly password: Buffer | undefined
  readonly authenticationMethod: string | undefined
  readonly authenticationData: Buffer | undefined
}

/** Who a client turned out to be. */
export interface Identity {
  /** Issuer and subject in one string, or the realm's name for it; sessions belong to it. Empty: nobody in particular. */
  readonly owner: string
  /** Unix time in ms after which the proof is no longer valid; undefined: it does not end. */
  readonly expiresAtMs: number | undefined
}

/** What the door decided. */
export type Admission =
  | { readonly kind: 'admitted'; readonly identity: Identity; readonly permissions: Permissions }
  | {
      readonly kind: 'refused'
      /** For CONNACK: 0x87 Not authorized, 0x8C Bad authentication method, 0x88 Server unavailable… */
      readonly reasonCode: number
      /** The exact cause as a stable code for the log: `token_expired`, `unknown_kid`, `audience`… */
      readonly cause: string
      /** For the client's Reason String: it leads to the log line without giving anything away. */
      readonly reference: string
    }

/**
 * The door of the broker: runs the listener's pipeline (authentication, then authorization) for one CONNECT.
 * Writes the access log and the structured log itself. Never rejects: a fault of ours is a refusal with its cause.
 */
export interface Door {
  admit(credentials: Credentials): Promise<Admission>
}
