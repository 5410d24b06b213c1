/**
 * What the security configuration says, whichever form it was written in: HiveMQ's
 * `enterprise-security-extension.xml` or `GUARDBEE_JWT_*` variables. Plain data, safe to send to a worker.
 */
export interface SecurityModel {
  readonly realms: readonly JwtRealmModel[]
  readonly pipelines: readonly ListenerPipelineModel[]
  readonly accessLog: AccessLogModel
}

/** `<jwt-realm>`: a source of trust. Realms that are not enabled are left out of the model. */
export interface JwtRealmModel {
  readonly kind: 'jwt'
  readonly name: string
  readonly jwksUri: string
  /** Lifetime of fetched keys when the response names none. */
  readonly jwksDefaultCacheSeconds: number
  readonly introspection: IntrospectionModel | undefined
}

/** `<introspection-endpoint>` with `<simple-auth>`; read and kept, called once a pipeline enables introspection. */
export interface IntrospectionModel {
  readonly endpoint: string
  readonly username: string | undefined
  readonly password: string | undefined
}

/** `<listener-pipeline>`. */
export interface ListenerPipelineModel {
  readonly name: string
  /** `ALL`, or a listener's name. A pipeline that names the listener wins over `ALL`. */
  readonly listener: string
  readonly authentication: AuthenticationManagerModel
  readonly authorization: AuthorizationManagerModel
}

export type AuthenticationManagerModel =
  | { readonly kind: 'jwt'; readonly realm: string; readonly validation: JwtValidationModel }
  | { readonly kind: 'allow-all' }

export type AuthorizationManagerModel = { readonly kind: 'allow-all' }

/** `<jwt-validation>`. Claim values may hold `${mqtt-clientid}` and `${mqtt-username}`. */
export interface JwtValidationModel {
  /** Seconds that a token is still accepted after `exp`. */
  readonly expGraceSeconds: number
  /** Undefined: not checked. */
  readonly audience: string | undefined
  readonly subject: string | undefined
  /** Empty: not checked; else the token's issuer is one of these. */
  readonly issuers: readonly string[]
  readonly scope: ScopeModel | undefined
  readonly customClaims: readonly CustomClaimModel[]
}

/** All of `required` are present in the claim, which is a string with spaces or an array. */
export interface ScopeModel {
  readonly required: readonly string[]
  /** `scope`, or the name in the `alt` attribute (Okta: `scp`). */
  readonly claim: string
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
