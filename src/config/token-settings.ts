import { setting } from './setting.ts'
import { fraction, httpUrl, httpUrls, integer, oneOf, optional, path, secretText, text } from './setting-types.ts'

/** Settings that say whose access tokens let clients in. */
export const tokenSettings = {
  securityFile: setting({
    name: 'GUARDBEE_SECURITY_FILE',
    type: optional(path),
    default: { value: undefined },
    sentence: "HiveMQ's `enterprise-security-extension.xml`, read as it is; excludes every `GUARDBEE_JWT_*` variable.",
  }),
  jwtIssuer: setting({
    name: 'GUARDBEE_JWT_ISSUER',
    type: optional(httpUrls),
    default: { value: undefined },
    sentence:
      'Issuer whose access tokens let a client in; compared with the `iss` claim to the letter. Several, parted by spaces, share the variables below.',
  }),
  jwtIssuersFile: setting({
    name: 'GUARDBEE_JWT_ISSUERS_FILE',
    type: optional(path),
    default: { value: undefined },
    sentence:
      'Issuers with rules of their own: a JSON array of objects whose members are these variables without `GUARDBEE_JWT_`, in lower case; the variables are their defaults.',
  }),
  jwtPreset: setting({
    name: 'GUARDBEE_JWT_PRESET',
    type: oneOf(['generic', 'okta', 'auth0', 'keycloak', 'entra', 'cognito', 'google']),
    default: { value: 'generic' },
    sentence: 'Authorization server whose habits decide which claims hold scopes, audience and client.',
  }),
  jwtJwksUri: setting({
    name: 'GUARDBEE_JWT_JWKS_URI',
    type: optional(httpUrl),
    default: { value: undefined },
    sentence: "Where the issuer's public keys are; without it the issuer's metadata document is asked.",
  }),
  jwtJwksFile: setting({
    name: 'GUARDBEE_JWT_JWKS_FILE',
    type: optional(path),
    default: { value: undefined },
    sentence:
      "The issuer's public keys as a JWK Set on this machine, for sites that cannot reach it; read again every minute.",
  }),
  jwtCaFile: setting({
    name: 'GUARDBEE_JWT_CA_FILE',
    type: optional(path),
    default: { value: undefined },
    sentence: "CA certificates in PEM by which the authorization server is verified, in place of the system's.",
  }),
  jwtClientCertificateFile: setting({
    name: 'GUARDBEE_JWT_CLIENT_CERTIFICATE_FILE',
    type: optional(path),
    default: { value: undefined },
    sentence: 'Certificate chain in PEM that the broker shows to the authorization server.',
  }),
  jwtClientKeyFile: setting({
    name: 'GUARDBEE_JWT_CLIENT_KEY_FILE',
    type: optional(path),
    default: { value: undefined },
    sentence: 'Private key in PEM of that certificate.',
  }),
  jwtAudience: setting({
    name: 'GUARDBEE_JWT_AUDIENCE',
    type: optional(text),
    default: { value: undefined },
    sentence: 'Value that the `aud` claim must be or hold; without it tokens meant for others are accepted too.',
  }),
  jwtScope: setting({
    name: 'GUARDBEE_JWT_SCOPE',
    type: optional(text),
    default: { value: undefined },
    sentence: 'Scopes, separated by spaces, all of which a token must have.',
  }),
  jwtScopeClaim: setting({
    name: 'GUARDBEE_JWT_SCOPE_CLAIM',
    type: optional(text),
    default: { value: undefined },
    sentence:
      'Claim that holds the scopes, as a string with spaces or as an array; without it where the preset has them: `scope`, else `scp`.',
  }),
  jwtExpGraceSeconds: setting({
    name: 'GUARDBEE_JWT_EXP_GRACE_SECONDS',
    type: integer(0, 86_400),
    default: { value: 0 },
    unit: 'seconds',
    sentence: 'How long a token is still accepted after its `exp`; then its connections end too.',
  }),
  jwtLifetimeSecondsMax: setting({
    name: 'GUARDBEE_JWT_LIFETIME_SECONDS_MAX',
    type: optional(integer(60, 31_536_000)),
    default: { value: undefined },
    unit: 'seconds',
    sentence: 'The longest time from `iat`, or from now where there is none, to `exp`; without it any.',
  }),
  jwtIntrospection: setting({
    name: 'GUARDBEE_JWT_INTROSPECTION',
    type: oneOf(['off', 'after-verification', 'only']),
    default: { value: 'off' },
    sentence:
      'Whether the authorization server is asked about tokens (RFC 7662): after they were found good here, or as the only way, which lets opaque tokens in.',
  }),
  jwtIntrospectionUri: setting({
    name: 'GUARDBEE_JWT_INTROSPECTION_URI',
    type: optional(httpUrl),
    default: { value: undefined },
    sentence: "Introspection endpoint; without it the issuer's metadata document is asked.",
  }),
  jwtIntrospectionAuth: setting({
    name: 'GUARDBEE_JWT_INTROSPECTION_AUTH',
    type: oneOf(['basic', 'post', 'private-key-jwt', 'mtls']),
    default: { value: 'basic' },
    sentence: 'How the broker proves who it is to the introspection endpoint.',
  }),
  jwtIntrospectionClientId: setting({
    name: 'GUARDBEE_JWT_INTROSPECTION_CLIENT_ID',
    type: optional(text),
    default: { value: undefined },
    sentence: 'Client Identifier of the broker at the authorization server.',
  }),
  jwtIntrospectionClientSecret: setting({
    name: 'GUARDBEE_JWT_INTROSPECTION_CLIENT_SECRET',
    type: optional(text),
    default: { value: undefined },
    secret: true,
    sentence: 'Its secret, for `basic` and `post`.',
  }),
  jwtIntrospectionKeyFile: setting({
    name: 'GUARDBEE_JWT_INTROSPECTION_KEY_FILE',
    type: optional(path),
    default: { value: undefined },
    sentence: 'Its private key for `private-key-jwt`, a JWK with its `alg`.',
  }),
  jwtIntrospectionSampling: setting({
    name: 'GUARDBEE_JWT_INTROSPECTION_SAMPLING',
    type: fraction,
    default: { value: 1 },
    sentence: 'Share of the verified tokens that is introspected.',
  }),
  jwtIntrospectionCacheSeconds: setting({
    name: 'GUARDBEE_JWT_INTROSPECTION_CACHE_SECONDS',
    type: integer(1, 3_600),
    default: { value: 60 },
    unit: 'seconds',
    sentence: 'How long an answer that a token is active counts at most, for all workers.',
  }),
  jwtIntrospectionFail: setting({
    name: 'GUARDBEE_JWT_INTROSPECTION_FAIL',
    type: oneOf(['closed', 'stale']),
    default: { value: 'closed' },
    sentence:
      'What an endpoint that gives no answer means: `closed` lets nobody in, `stale` those of whose token an earlier answer is known.',
  }),
  jwtIntrospectionAgainSeconds: setting({
    name: 'GUARDBEE_JWT_INTROSPECTION_AGAIN_SECONDS',
    type: optional(integer(10, 86_400)),
    default: { value: undefined },
    unit: 'seconds',
    sentence: 'How often the tokens of connected clients are introspected again; without it they are not.',
  }),
  authFailuresPerAddress: setting({
    name: 'GUARDBEE_AUTH_FAILURES_PER_ADDRESS',
    type: integer(1, 1_000_000),
    default: { value: 100 },
    unit: 'per second and worker',
    sentence:
      'Bad signatures, unknown keys and wrong passwords of one address, or IPv6 /64, in the long run, a minute of them at once; beyond it only tokens known to be good get in, others are told 0x9F. Behind a balancer use the PROXY protocol: without it all clients are one address.',
  }),
  authFailuresPerIssuer: setting({
    name: 'GUARDBEE_AUTH_FAILURES_PER_ISSUER',
    type: integer(1, 1_000_000),
    default: { value: 1_000 },
    unit: 'per second and worker',
    sentence: 'The same for all tokens that say they are of one issuer, wherever they come from.',
  }),
  adminToken: setting({
    name: 'GUARDBEE_ADMIN_TOKEN',
    type: optional(secretText),
    default: { value: undefined },
    secret: true,
    sentence: 'Secret of whoever may revoke tokens by the admin port and `guardbee revoke`; without it nobody may.',
  }),
  bindClientId: setting({
    name: 'GUARDBEE_BIND_CLIENT_ID',
    type: optional(text),
    default: { value: undefined },
    sentence: 'Claim that the Client Identifier must equal, as `sub`; it holds with a security file too.',
  }),
  bindUsername: setting({
    name: 'GUARDBEE_BIND_USERNAME',
    type: optional(text),
    default: { value: undefined },
    sentence: 'Claim that the user name must equal; it holds with a security file too.',
  }),
}
