import { BrokerError } from '../core/errors.ts'
import { NO_CLAIMS_CHECKED } from './ese-jwt-validation.ts'
import { JWKS_DEFAULT_CACHE_SECONDS } from './ese-realms.ts'
import { DEFAULT_ACCESS_LOG } from './security-model.ts'
import type { JwtRealmModel, ListenerPipelineModel, ScopeModel, SecurityModel } from './security-model.ts'

/** The `GUARDBEE_JWT_*` variables. */
export interface JwtSettings {
  /** Checked as `iss`; undefined: not checked. */
  readonly issuer: string | undefined
  /** Must be known here: a caller that has only the issuer finds it by discovery first. */
  readonly jwksUri: string | undefined
  readonly audience: string | undefined
  /** Scopes parted by spaces, all required. */
  readonly scope: string | undefined
  /** The claim that holds the scopes; undefined: `scope`. */
  readonly scopeClaim: string | undefined
}

const REALM_NAME = 'default'

/** One realm and one pipeline for every listener, as the variables say; the same model that a security file makes. */
export function securityModelFromSettings(settings: JwtSettings): SecurityModel {
  return { realms: [realm(settings)], pipelines: [pipeline(settings)], accessLog: DEFAULT_ACCESS_LOG }
}

function realm({ jwksUri }: JwtSettings): JwtRealmModel {
  if (jwksUri === undefined) {
    throw new BrokerError('CONFIGURATION', 'the address of the issuer’s keys (jwks_uri) is not known')
  }
  return {
    kind: 'jwt',
    name: REALM_NAME,
    jwksUri,
    jwksDefaultCacheSeconds: JWKS_DEFAULT_CACHE_SECONDS,
    introspection: undefined,
  }
}

function pipeline(settings: JwtSettings): ListenerPipelineModel {
  const validation = {
    ...NO_CLAIMS_CHECKED,
    audience: settings.audience,
    issuers: settings.issuer === undefined ? [] : [settings.issuer],
    scope: scope(settings),
  }
  return {
    name: 'default-pipeline',
    listener: 'ALL',
    authentication: { kind: 'jwt', realm: REALM_NAME, validation },
    authorization: { kind: 'allow-all' },
  }
}

function scope(settings: JwtSettings): ScopeModel | undefined {
  const required = settings.scope?.split(/\s+/).filter(name => name !== '') ?? []
  return required.length === 0 ? undefined : { required, claim: settings.scopeClaim ?? 'scope' }
}
