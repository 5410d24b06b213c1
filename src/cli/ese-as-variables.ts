import { isDeepStrictEqual } from 'node:util'
import { TOKEN_AUTHORIZATION } from '../auth/ese-authorization-managers.ts'
import { JWKS_DEFAULT_CACHE_SECONDS } from '../auth/ese-realms.ts'
import { DEFAULT_ACCESS_LOG } from '../auth/security-model.ts'
import type {
  AuthorizationManagerModel,
  CustomClaimModel,
  JwtRealmModel,
  JwtValidationModel,
  ListenerPipelineModel,
  SecurityModel,
} from '../auth/security-model.ts'

/** A security file in variables. */
export interface EseAsVariables {
  readonly variables: readonly { readonly name: string; readonly value: string }[]
  /** What is to be added by hand. */
  readonly notes: readonly string[]
  /** Elements that variables have no words for; where there are any the variables would not do the same. */
  readonly needs: readonly string[]
}

/** What stands behind the issuer in the addresses of keys: Okta, Keycloak, Auth0 and Cognito. */
const KEY_PATHS = ['/v1/keys', '/protocol/openid-connect/certs', '/.well-known/jwks.json']

/** Gathers what one file comes to. */
class Gathering implements EseAsVariables {
  readonly variables: { readonly name: string; readonly value: string }[] = []
  readonly notes: string[] = []
  readonly needs: string[] = []

  set(name: string, value: string | number | undefined): void {
    if (value !== undefined) this.variables.push({ name: `GUARDBEE_${name}`, value: String(value) })
  }

  needsFile(when: boolean, element: string): void {
    if (when) this.needs.push(element)
  }
}

/** The variables that do the same as a security file, as far as there are any. */
export function variablesOf(model: SecurityModel): EseAsVariables {
  const found = new Gathering()
  const [pipeline, ...others] = model.pipelines
  found.needsFile(others.length > 0, `<listener-pipeline>: ${model.pipelines.length} of them`)
  found.needsFile(pipeline === undefined, '<listener-pipeline>: there is none, and nobody is let in')
  found.needsFile(
    !isDeepStrictEqual(model.accessLog, DEFAULT_ACCESS_LOG),
    '<access-log>: it is not where it is by default',
  )
  if (pipeline !== undefined) addPipeline(pipeline, model, found)
  return found
}

function addPipeline(pipeline: ListenerPipelineModel, { realms }: SecurityModel, found: Gathering): void {
  const {
    listener,
    authentication,
    authorization,
    authenticationPreprocessors = [],
    authorizationPreprocessors = [],
  } = pipeline
  found.needsFile(listener !== 'ALL', `<listener-pipeline listener="${listener}">: variables hold for all listeners`)
  found.needsFile(authenticationPreprocessors.length > 0, '<authentication-preprocessors>')
  found.needsFile(authorizationPreprocessors.length > 0, '<authorization-preprocessors>')
  addAuthorization(authorization, found)
  if (authentication.kind !== 'jwt') return found.needsFile(true, `<${authentication.kind}-authentication-manager>`)
  const realm = realms.find(({ name }) => name === authentication.realm)
  if (realm === undefined) return
  addValidation(authentication.validation, found)
  addRealm(realm, authentication.validation, found)
}

function addValidation(rules: JwtValidationModel, found: Gathering): void {
  const { issuers, audience, subject, scope, customClaims, expGraceSeconds, staysAfterExpiry } = rules
  found.needsFile(issuers.length > 1, `<iss>: ${issuers.length} issuers with the same keys`)
  found.needsFile(staysAfterExpiry === true, '<exp-grace disconnect-after-expiry="false">')
  found.set('JWT_ISSUER', issuers[0])
  found.set('JWT_AUDIENCE', audience)
  if (scope !== undefined && scope.required.length > 0) {
    found.set('JWT_SCOPE', scope.required.join(' '))
    found.set('JWT_SCOPE_CLAIM', scope.claim)
  }
  if (expGraceSeconds > 0) found.set('JWT_EXP_GRACE_SECONDS', expGraceSeconds)
  const claims = subject === undefined ? customClaims : [{ name: 'sub', value: subject }, ...customClaims]
  addBindings(claims, found)
}

/** Claims that must be what the client says of itself. */
function addBindings(claims: readonly CustomClaimModel[], found: Gathering): void {
  const bindings = { '${mqtt-clientid}': 'BIND_CLIENT_ID', '${mqtt-username}': 'BIND_USERNAME' }
  for (const [placeholder, variable] of Object.entries(bindings)) {
    const [first, ...others] = claims.filter(({ value }) => value === placeholder)
    found.set(variable, first?.name)
    found.needsFile(others.length > 0, `two claims that are ${placeholder}`)
  }
  const fixed = claims.filter(({ value }) => !Object.hasOwn(bindings, value))
  for (const { name } of fixed)
    found.needsFile(true, name === 'sub' ? '<sub> with a text of its own' : `<claim> "${name}" with a value of its own`)
}

function addRealm(realm: JwtRealmModel, rules: JwtValidationModel, found: Gathering): void {
  const { jwksUri, jwksDefaultCacheSeconds, introspection } = realm
  const cached = jwksDefaultCacheSeconds === JWKS_DEFAULT_CACHE_SECONDS
  found.needsFile(!cached, `<jwks-default-cache-duration>: ${jwksDefaultCacheSeconds}`)
  found.set('JWT_JWKS_URI', jwksUri)
  if (rules.issuers.length === 0) found.notes.push(missingIssuer(jwksUri))
  if (rules.introspection === undefined || introspection === undefined) return
  found.set('JWT_INTROSPECTION', 'after-verification')
  found.set('JWT_INTROSPECTION_URI', introspection.endpoint)
  found.set('JWT_INTROSPECTION_CLIENT_ID', introspection.username)
  if (rules.introspection.sampling !== 1) found.set('JWT_INTROSPECTION_SAMPLING', rules.introspection.sampling)
  found.needsFile(introspection.username === undefined, '<introspection-endpoint> without <simple-auth>')
  found.notes.push(
    'Add GUARDBEE_JWT_INTROSPECTION_CLIENT_SECRET, or …_FILE, with the password of <simple-auth>, which is not shown here.',
  )
}

/** Variables always check the issuer, and a file need not. */
function missingIssuer(jwksUri: string): string {
  const end = KEY_PATHS.find(path => jwksUri.endsWith(path))
  const guess = end === undefined ? '' : `; by the address of the keys it may be ${jwksUri.slice(0, -end.length)}`
  return `Add GUARDBEE_JWT_ISSUER with the iss of your tokens, to the letter, which the file does not check${guess}.`
}

function addAuthorization(manager: AuthorizationManagerModel, found: Gathering): void {
  if (manager.kind === 'allow-all') return
  const plain =
    manager.kind === 'token' && (manager.format === 'emqx' || manager.format === 'aif' || manager.format === 'lists')
  if (!plain) {
    const element = manager.kind === 'token' ? TOKEN_AUTHORIZATION : `${manager.kind}-authorization-manager`
    return found.needsFile(true, `<${element}>`)
  }
  found.set('JWT_PERMISSIONS', manager.format)
  if (manager.format !== 'lists') found.set('JWT_PERMISSIONS_CLAIM', manager.claim)
}
