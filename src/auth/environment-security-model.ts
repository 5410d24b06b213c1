import { isDeepStrictEqual } from 'node:util'
import { BrokerError } from '../core/errors.ts'
import { habitsOf } from './claim-habits.ts'
import type { Preset } from './claim-habits.ts'
import { NO_CLAIMS_CHECKED } from './ese-jwt-validation.ts'
import type { FileRealmModel } from './file-realm-model.ts'
import { JWKS_DEFAULT_CACHE_SECONDS } from './ese-realms.ts'
import { DEFAULT_ACCESS_LOG } from './security-model.ts'
import type {
  AuthorizationManagerModel,
  IntrospectionModel,
  IntrospectionUse,
  IssuerModel,
  JwtRealmModel,
  JwtValidationModel,
  ScopeModel,
  SecurityModel,
  ServerTlsModel,
} from './security-model.ts'
import type { TokenPermissionsModel } from './token-permissions-model.ts'

/** What the `GUARDBEE_JWT_*` variables say of one issuer. */
export interface JwtSettings {
  /** Checked as `iss`; undefined: not checked. */
  readonly issuer: string | undefined
  /** Must be known here, unless there is no need for keys: a caller that has only the issuer looks it up first. */
  readonly jwksUri: string | undefined
  readonly audience: string | undefined
  /** Scopes parted by spaces, all required. */
  readonly scope: string | undefined
  /** The claim that holds the scopes; undefined: where the preset has them. */
  readonly scopeClaim: string | undefined
  /** Absent: `generic`. */
  readonly preset?: Preset
  readonly jwksFile?: string | undefined
  readonly serverTls?: ServerTlsModel | undefined
  readonly expGraceSeconds?: number
  /** Undefined: a token may be good for as long as it says. */
  readonly lifetimeSecondsMax?: number | undefined
  readonly introspection?: IntrospectionModel | undefined
  /** Introspection after verification; absent: off, or the only way. */
  readonly introspectionUse?: IntrospectionUse | undefined
  /** Absent: whoever has a good token may do everything. */
  readonly permissions?: TokenPermissionSettings
}

/** Permissions in the token, with the roles that it may name. */
export interface TokenPermissionSettings {
  readonly model: TokenPermissionsModel
  readonly realm?: FileRealmModel
}

const REALM_NAME = 'default'

/**
 * One pipeline for every listener, as the variables say; the same model that a security file makes. Several issuers
 * stand in one realm, in which the `iss` of a token chooses.
 */
export function securityModelFromSettings(...issuers: readonly JwtSettings[]): SecurityModel {
  const [first, ...others] = issuers
  if (first === undefined) throw new BrokerError('CONFIGURATION', 'no issuer is given')
  if (others.length > 0) return securityModelOfIssuers(issuers)
  return model(realm(first, REALM_NAME), validation(first), permissionsOf(issuers))
}

/** One realm, in which the `iss` of a token chooses, with an issuer of its own name for each. */
export function securityModelOfIssuers(issuers: readonly JwtSettings[]): SecurityModel {
  const models = issuers.map((issuer): IssuerModel => {
    return { realm: realm(issuer, issuer.issuer ?? ''), validation: validation(issuer) }
  })
  const several: JwtRealmModel = {
    kind: 'jwt',
    name: REALM_NAME,
    jwksUri: '',
    jwksDefaultCacheSeconds: JWKS_DEFAULT_CACHE_SECONDS,
    introspection: undefined,
    issuers: models,
  }
  return model(several, NO_CLAIMS_CHECKED, permissionsOf(issuers))
}

interface PermissionsModel {
  readonly fileRealms: readonly FileRealmModel[]
  readonly authorization: AuthorizationManagerModel
}

function permissionsOf(issuers: readonly JwtSettings[]): PermissionsModel {
  return { fileRealms: rolesOf(issuers), authorization: authorization(issuers) }
}

function model(
  realmModel: JwtRealmModel,
  validationModel: JwtValidationModel,
  { fileRealms, authorization: authorizationModel }: PermissionsModel,
): SecurityModel {
  return {
    realms: [realmModel],
    ...(fileRealms.length === 0 ? {} : { fileRealms }),
    pipelines: [
      {
        name: 'default-pipeline',
        listener: 'ALL',
        authentication: { kind: 'jwt', realm: REALM_NAME, validation: validationModel },
        authorization: authorizationModel,
      },
    ],
    accessLog: DEFAULT_ACCESS_LOG,
  }
}

/** The files of roles, each once. */
function rolesOf(issuers: readonly JwtSettings[]): readonly FileRealmModel[] {
  const realms = issuers.flatMap(({ permissions }) => permissions?.realm ?? [])
  return [...new Map(realms.map(one => [one.name, one])).values()]
}

/** One manager where all issuers have the same rules, else that of the issuer. */
function authorization(issuers: readonly JwtSettings[]): AuthorizationManagerModel {
  const managers = issuers.map((settings): AuthorizationManagerModel => {
    return settings.permissions?.model ?? { kind: 'allow-all' }
  })
  const [first = { kind: 'allow-all' }, ...others] = managers
  if (others.every(other => isDeepStrictEqual(other, first))) return first
  return {
    kind: 'by-issuer',
    issuers: issuers.map((settings, index) => ({
      issuers: validation(settings).issuers,
      authorization: managers[index] ?? first,
    })),
  }
}

function realm(settings: JwtSettings, name: string): JwtRealmModel {
  const { jwksUri, jwksFile, serverTls, introspection } = settings
  if (jwksUri === undefined && jwksFile === undefined && introspection?.only !== true) {
    throw new BrokerError('CONFIGURATION', 'the address of the issuer’s keys (jwks_uri) is not known')
  }
  return {
    kind: 'jwt',
    name,
    jwksUri: jwksUri ?? '',
    jwksDefaultCacheSeconds: JWKS_DEFAULT_CACHE_SECONDS,
    ...(jwksFile === undefined ? {} : { jwksFile }),
    ...(serverTls === undefined ? {} : { serverTls }),
    introspection,
  }
}

function validation(settings: JwtSettings): JwtValidationModel {
  const { issuer, audience, preset = 'generic', expGraceSeconds = 0, lifetimeSecondsMax, introspectionUse } = settings
  return {
    ...NO_CLAIMS_CHECKED,
    expGraceSeconds,
    ...(lifetimeSecondsMax === undefined ? {} : { lifetimeSecondsMax }),
    audience,
    issuers: issuer === undefined ? [] : spellingsOf(issuer, preset),
    scope: scope(settings, preset),
    preset,
    ...(introspectionUse === undefined ? {} : { introspection: introspectionUse }),
  }
}

function spellingsOf(issuer: string, preset: Preset): readonly string[] {
  return habitsOf(preset).issuerWithoutScheme ? [issuer, issuer.replace(/^https:\/\//, '')] : [issuer]
}

function scope(settings: JwtSettings, preset: Preset): ScopeModel | undefined {
  const required = settings.scope?.split(/\s+/).filter(name => name !== '') ?? []
  if (required.length === 0) return undefined
  if (settings.scopeClaim !== undefined) return { required, claim: settings.scopeClaim }
  const [claim = 'scope', ...otherClaims] = habitsOf(preset).scopeClaims
  return otherClaims.length === 0 ? { required, claim } : { required, claim, otherClaims }
}
