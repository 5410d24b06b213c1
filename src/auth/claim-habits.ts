/** What the access tokens of one kind of authorization server look like, beyond what the standards say. */
export interface ClaimHabits {
  /** Where the scopes may be; the first of these claims that is there counts. */
  readonly scopeClaims: readonly string[]
  /** Where the audience may be; the first of these claims that is there counts. */
  readonly audienceClaims: readonly string[]
  /** Where the client is named that a token without a subject is of. */
  readonly clientClaims: readonly string[]
  /** What the payload of an access token says of its kind; undefined: nothing that could be relied on. */
  readonly kind: { readonly claim: string; readonly value: string } | undefined
  /** Whether `iss` may also stand without its `https://`. */
  readonly issuerWithoutScheme: boolean
}

const STANDARD: ClaimHabits = {
  scopeClaims: ['scope'],
  audienceClaims: ['aud'],
  clientClaims: ['client_id'],
  kind: undefined,
  issuerWithoutScheme: false,
}

/** The habits by the name of the preset. */
export const CLAIM_HABITS = {
  generic: { ...STANDARD, scopeClaims: ['scope', 'scp'], clientClaims: ['client_id', 'cid', 'azp', 'appid'] },
  okta: { ...STANDARD, scopeClaims: ['scp'], clientClaims: ['cid'] },
  // With role-based access control the granted names are in `permissions`, and `scope` has what was asked for.
  auth0: { ...STANDARD, scopeClaims: ['permissions', 'scope'], clientClaims: ['azp', 'client_id'] },
  keycloak: { ...STANDARD, clientClaims: ['azp', 'client_id'], kind: { claim: 'typ', value: 'Bearer' } },
  // Delegated permissions are in `scp`, those of an application in `roles`.
  entra: { ...STANDARD, scopeClaims: ['scp', 'roles'], clientClaims: ['azp', 'appid'] },
  // Its access tokens have no `aud` unless resource binding is used.
  cognito: { ...STANDARD, audienceClaims: ['aud', 'client_id'], kind: { claim: 'token_use', value: 'access' } },
  google: { ...STANDARD, clientClaims: ['azp'], issuerWithoutScheme: true },
} as const satisfies Readonly<Record<string, ClaimHabits>>

/** A kind of authorization server whose habits are known. */
export type Preset = keyof typeof CLAIM_HABITS

/** The habits of a preset, or those of HiveMQ's file, which names each claim itself. */
export function habitsOf(preset: Preset | undefined): ClaimHabits {
  return preset === undefined ? STANDARD : CLAIM_HABITS[preset]
}
