import type { EndpointName, IssuerMetadata } from '../auth/discovery.ts'
import type { JwtSettings } from '../auth/environment-security-model.ts'
import type { IntrospectionModel, ServerTlsModel } from '../auth/security-model.ts'
import { serverFetch } from '../auth/server-fetch.ts'
import type { Settings } from '../config/settings-type.ts'
import { BrokerError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/telemetry.ts'
import type { CommandContext } from './command.ts'

const RETRY_MS_MIN = 1_000
const RETRY_MS_MAX = 30_000

type LookUp = Pick<CommandContext, 'clock' | 'discoverIssuer'>

/**
 * What the variables say of one issuer. Where they do not name its endpoints the issuer is asked, again and again at
 * growing intervals while it cannot answer, because a broker that starts before its issuer should come up with it.
 */
export async function issuerSettings(
  issuer: string,
  settings: Settings,
  log: Log,
  context: LookUp,
): Promise<JwtSettings> {
  const { jwtAudience: audience, jwtIntrospection: use } = settings
  if (audience === undefined) log.warn('tokens are accepted whatever their audience is', { issuer })
  const serverTls = tlsOf(settings)
  const wanted = wantedEndpoints(settings)
  const metadata = wanted.length === 0 ? undefined : await discover(issuer, wanted, serverTls, log, context)
  return {
    issuer,
    jwksUri: settings.jwtJwksUri ?? (settings.jwtJwksFile === undefined ? metadata?.jwksUri : undefined),
    jwksFile: settings.jwtJwksFile,
    audience,
    scope: settings.jwtScope,
    scopeClaim: settings.jwtScopeClaim,
    preset: settings.jwtPreset,
    serverTls,
    expGraceSeconds: settings.jwtExpGraceSeconds,
    lifetimeSecondsMax: settings.jwtLifetimeSecondsMax,
    introspection: use === 'off' ? undefined : introspection(issuer, settings, metadata),
    introspectionUse: use === 'after-verification' ? { sampling: settings.jwtIntrospectionSampling } : undefined,
  }
}

function wantedEndpoints(settings: Settings): readonly EndpointName[] {
  const { jwtJwksUri, jwtJwksFile, jwtIntrospection, jwtIntrospectionUri } = settings
  const keys = jwtJwksUri === undefined && jwtJwksFile === undefined && jwtIntrospection !== 'only'
  const asks = jwtIntrospection !== 'off' && jwtIntrospectionUri === undefined
  return [...(keys ? (['jwks_uri'] as const) : []), ...(asks ? (['introspection_endpoint'] as const) : [])]
}

function introspection(issuer: string, settings: Settings, metadata: IssuerMetadata | undefined): IntrospectionModel {
  const clientAuthentication = settings.jwtIntrospectionAuth
  const alias = clientAuthentication === 'mtls' ? metadata?.mtlsIntrospectionEndpoint : undefined
  const clientKeyFile = settings.jwtIntrospectionKeyFile
  const againSeconds = settings.jwtIntrospectionAgainSeconds
  return {
    endpoint: settings.jwtIntrospectionUri ?? alias ?? metadata?.introspectionEndpoint ?? '',
    username: settings.jwtIntrospectionClientId,
    password: settings.jwtIntrospectionClientSecret,
    clientAuthentication,
    issuer,
    ...(clientKeyFile === undefined ? {} : { clientKeyFile }),
    ...(settings.jwtIntrospection === 'only' ? { only: true } : {}),
    cacheSeconds: settings.jwtIntrospectionCacheSeconds,
    whenUnavailable: settings.jwtIntrospectionFail,
    ...(againSeconds === undefined ? {} : { againSeconds }),
  }
}

function tlsOf(settings: Settings): ServerTlsModel | undefined {
  const { jwtCaFile, jwtClientCertificateFile, jwtClientKeyFile } = settings
  if (jwtCaFile === undefined && jwtClientCertificateFile === undefined) return undefined
  return {
    ...(jwtCaFile === undefined ? {} : { caFile: jwtCaFile }),
    ...(jwtClientCertificateFile === undefined ? {} : { certificateFile: jwtClientCertificateFile }),
    ...(jwtClientKeyFile === undefined ? {} : { keyFile: jwtClientKeyFile }),
  }
}

async function discover(
  issuer: string,
  wanted: readonly EndpointName[],
  serverTls: ServerTlsModel | undefined,
  log: Log,
  { clock, discoverIssuer }: LookUp,
): Promise<IssuerMetadata> {
  const fetch = serverFetch(serverTls)
  for (let retryMs = RETRY_MS_MIN; ; retryMs = Math.min(retryMs * 2, RETRY_MS_MAX)) {
    try {
      const metadata = await discoverIssuer(issuer, { clock, wanted, fetch })
      log.info('issuer looked up', { issuer, jwksUri: metadata.jwksUri })
      return metadata
    } catch (error) {
      if (!(error instanceof BrokerError) || error.code !== 'KEY_SET_UNAVAILABLE') throw error
      log.warn('issuer cannot be looked up yet', { issuer, cause: error.message, retryMs })
      await pause(clock, retryMs)
    }
  }
}

function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise(resolve => clock.after(delayMs, resolve))
}
