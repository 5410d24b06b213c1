import type { ClientCertificate, ListenerIdentity, UpgradeHeaders } from './connection.ts'
import type { Permissions } from '../core/permissions.ts'

/** What a client shows at the door. */
export interface Credentials {
  readonly listener: ListenerIdentity
  readonly remoteAddress: string
  /** Shown when the connection was made; undefined: none was. */
  readonly clientCertificate?: ClientCertificate | undefined
  /** Of the WebSocket's upgrade request; undefined: there was none. */
  readonly upgradeHeaders?: UpgradeHeaders | undefined
  /** The Client Identifier of CONNECT, or the one assigned. */
  readonly clientId: string
  readonly username: string | undefined
  readonly password: Buffer | undefined
  readonly authenticationMethod: string | undefined
  readonly authenticationData: Buffer | undefined
  /** Shown by a client that is in already; absent: it comes with CONNECT. */
  readonly again?: true
}

/** Who a client turned out to be. */
export interface Identity {
  /** Issuer and subject in one string, or the realm's name for it; sessions belong to it. Empty: nobody in particular. */
  readonly owner: string
  /** Unix time in ms after which the proof is no longer valid; undefined: it does not end. */
  readonly expiresAtMs: number | undefined
  /** How the proof stands while the client is connected; absent: it does not change. */
  readonly standing?: Standing
}

/** What may become of a proof after the client was let in. */
export interface Standing {
  /** Whether it was revoked here since; asked of every connected client when anything is. */
  revoked(): boolean
  /** How often `holds` is to be asked; undefined: never. */
  readonly recheckMs: number | undefined
  /** Whether its issuer still stands by it; a fault on the way says nothing against it. Never rejects. */
  holds(): Promise<boolean>
  /** What the security configuration makes of the client now that it was replaced; absent: it cannot be. */
  review?(): Review
}

/** What another configuration makes of a client that is connected; an `identity` takes the place of the one it had. */
export type Review =
  | { readonly kind: 'stands'; readonly identity?: Identity }
  | { readonly kind: 'permissions'; readonly permissions: Permissions; readonly identity?: Identity }
  /** It would not be let in as it was, or not without its credentials being looked at again. */
  | { readonly kind: 'refused' }

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

/** Why a client that was admitted is refused all the same: what the broker alone knows. */
export type LateRefusalCause = 'will_not_permitted' | 'session_of_another_subject' | 'reauthenticated_as_another'

/** The client that such a refusal is about. */
export type AdmittedClient = Pick<Credentials, 'listener' | 'remoteAddress' | 'clientId'>

/**
 * The door of the broker: runs the listener's pipeline (authentication, then authorization) for one CONNECT.
 * Writes the access log and the structured log itself. Never rejects: a fault of ours is a refusal with its cause.
 */
export interface Door {
  admit(credentials: Credentials): Promise<Admission>
  /** Tells the logs that a client it has admitted is refused; gives the reference for the client's Reason String. */
  refuseAdmitted(client: AdmittedClient, cause: LateRefusalCause): string
}
