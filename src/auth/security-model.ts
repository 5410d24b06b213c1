import type { Preset } from './claim-habits.ts'
import type { FileRealmModel } from './file-realm-model.ts'
import type { PreprocessorModel } from './preprocessor-model.ts'
import type { TokenPermissionsModel } from './token-permissions-model.ts'

/**
 * What the security configuration says, whichever form it was written in: HiveMQ's
 * `enterprise-security-extension.xml` or `GUARDBEE_JWT_*` variables. Plain data, safe to send to a worker.
 */
export interface SecurityModel {
  readonly realms: readonly JwtRealmModel[]
  /** `<file-realm>`s; absent: there are none. */
  readonly fileRealms?: readonly FileRealmModel[]
  readonly pipelines: readonly ListenerPipelineModel[]
  readonly accessLog: AccessLogModel
}

/**
 * `<jwt-realm>`: a source of trust. Realms that are not enabled are left out of the model. What HiveMQ's file has no
 * words for is absent from a model that was read from it.
 */
export interface JwtRealmModel {
  readonly kind: 'jwt'
  readonly name: string
  /** What keys, caches and budgets of the realm go by while the broker runs, see `realmId`; absent: its name. */
  readonly id?: string
  /** Empty: there are none to fetch, because of `jwksFile`, `issuers` or introspection as the only way. */
  readonly jwksUri: string
  /** Lifetime of fetched keys when the response names none. */
  readonly jwksDefaultCacheSeconds: number
  /** A JWK Set on this machine in place of the endpoint. */
  readonly jwksFile?: string
  /** How the authorization server is reached; absent: with the CAs of the system and no certificate of ours. */
  readonly serverTls?: ServerTlsModel
  /** Digest of what was in the files that the realm names; absent: it names none, or nobody has looked. */
  readonly filesDigest?: string
  readonly introspection: IntrospectionModel | undefined
  /** Issuers side by side: a token is decided on by the realm and the rules of the one that its `iss` names. */
  readonly issuers?: readonly IssuerModel[]
}

/** One of several issuers, with its own keys and rules. */
export interface IssuerModel {
  readonly realm: JwtRealmModel
  readonly validation: JwtValidationModel
}

/** PEM files for the connections to an authorization server. */
export interface ServerTlsModel {
  readonly caFile?: string
  readonly certificateFile?: string
  readonly keyFile?: string
}

/** `<introspection-endpoint>` with `<simple-auth>`; called where a pipeline enables introspection, or always. */
export interface IntrospectionModel {
  readonly endpoint: string
  /** The Client Identifier at the authorization server; undefined: the endpoint asks for none. */
  readonly username: string | undefined
  readonly password: string | undefined
  /** Absent: `basic`. */
  readonly clientAuthentication?: ClientAuthentication
  /** The private key of `private-key-jwt`: a JWK with its `alg`. */
  readonly clientKeyFile?: string
  /** Whom such a proof is made out to. */
  readonly issuer?: string
  /** Tokens are not verified here but introspected, each of them; so opaque ones are accepted. */
  readonly only?: true
  /** How long an answer counts at most; absent: a minute. */
  readonly cacheSeconds?: number
  /** What an endpoint that gives no answer means; absent: `closed`. */
  readonly whenUnavailable?: 'closed' | 'stale'
  /** How often the tokens of connected clients are asked about again; absent: never. */
  readonly againSeconds?: number
}

/** How the broker proves who it is to an introspection endpoint. */
export type ClientAuthentication = 'basic' | 'post' | 'private-key-jwt' | 'mtls'

/** `<listener-pipeline>`. */
export interface ListenerPipelineModel {
  readonly name: string
  /** `ALL`, or a listener's name. A pipeline that names the listener wins over `ALL`. */
  readonly listener: string
  /** Absent: there are none. */
  readonly authenticationPreprocessors?: readonly PreprocessorModel[]
  readonly authentication: AuthenticationManagerModel
  /** Absent: there are none. */
  readonly authorizationPreprocessors?: readonly PreprocessorModel[]
  readonly authorization: AuthorizationManagerModel
}

export type AuthenticationManagerModel =
  | { readonly kind: 'jwt'; readonly realm: string; readonly validation: JwtValidationModel }
  | { readonly kind: 'file'; readonly realm: string }
  | {
      readonly kind: 'chain'
      readonly strategy: AuthenticationChainStrategy
      readonly managers: readonly AuthenticationManagerModel[]
    }
  | { readonly kind: 'allow-all' }

/** When a chain asks its next manager: the one before does not know the client, or also found its secret wrong. */
export type AuthenticationChainStrategy = 'unknown-key' | 'unknown-key-or-wrong-secret'

export type AuthorizationManagerModel =
  | {
      readonly kind: 'file'
      readonly realm: string
      readonly useAuthorizationKey: boolean
      readonly useAuthorizationRoleKey: boolean
    }
  | {
      readonly kind: 'chain'
      readonly strategy: AuthorizationChainStrategy
      readonly managers: readonly AuthorizationManagerModel[]
    }
  | TokenPermissionsModel
  /** Of several issuers in one realm, the one of the token decides; others have no permissions. */
  | { readonly kind: 'by-issuer'; readonly issuers: readonly IssuerAuthorizationModel[] }
  | { readonly kind: 'allow-all' }

/** Whose tokens an authorization manager is for. */
export interface IssuerAuthorizationModel {
  readonly issuers: readonly string[]
  readonly authorization: AuthorizationManagerModel
}

/** When a chain asks its next manager: the keys are not known, or grant nothing either; or all, whose answers are joined. */
export type AuthorizationChainStrategy = 'unknown-keys' | 'unknown-keys-or-empty' | 'merge'

/** `<jwt-validation>`. Claim values may hold `${mqtt-clientid}` and `${mqtt-username}`. */
export interface JwtValidationModel {
  /** Seconds that a token is still accepted after `exp`. */
  readonly expGraceSeconds: number
  /** From `iat`, or else from now, to `exp`; absent: a token may be good for as long as it says. */
  readonly lifetimeSecondsMax?: number
  /** Undefined: not checked. */
  readonly audience: string | undefined
  readonly subject: string | undefined
  /** Empty: not checked; else the token's issuer is one of these. */
  readonly issuers: readonly string[]
  readonly scope: ScopeModel | undefined
  readonly customClaims: readonly CustomClaimModel[]
  /** Habits of the authorization server; absent: every claim is where these rules say. */
  readonly preset?: Preset
  /** Introspection after the token was found good here; absent: off. */
  readonly introspection?: IntrospectionUse
  /** `disconnect-after-expiry="false"`: a connection outlives its token. */
  readonly staysAfterExpiry?: true
}

/** `<enable-introspection>` with its `sampling`. */
export interface IntrospectionUse {
  /** The share of the tokens that is introspected, from 0 to 1. */
  readonly sampling: number
}

/** All of `required` are present in the claim, which is a string with spaces or an array. */
export interface ScopeModel {
  readonly required: readonly string[]
  /** `scope`, or the name in the `alt` attribute (Okta: `scp`). */
  readonly claim: string
  /** Claims that are read instead, in this order, where `claim` is absent. */
  readonly otherClaims?: readonly string[]
}

export interface CustomClaimModel {
  readonly name: string
  readonly value: string
}

/** `<access-log>`, with HiveMQ's defaults. */
export interface AccessLogModel {
  readonly enabled: boolean
  readonly subFolder: string
  readonly fileName: string
  /** Whether each line also goes to the structured log. */
  readonly writeThrough: boolean
}

export const DEFAULT_ACCESS_LOG: AccessLogModel = {
  enabled: true,
  subFolder: 'access',
  fileName: 'access',
  writeThrough: false,
}
