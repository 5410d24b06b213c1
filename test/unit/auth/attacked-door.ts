import assert from 'node:assert/strict'
import type { AccessLog } from '../../../src/auth/access-log.ts'
import { jwtAuthenticators } from '../../../src/auth/jwt-authenticators.ts'
import type { JwtRealmParts } from '../../../src/auth/jwt-realm.ts'
import { ListenerPipelines } from '../../../src/auth/pipeline.ts'
import { DEFAULT_ACCESS_LOG } from '../../../src/auth/security-model.ts'
import type {
  AuthenticationManagerModel,
  AuthorizationManagerModel,
  IssuerModel,
  JwtRealmModel,
  JwtValidationModel,
} from '../../../src/auth/security-model.ts'
import { TokenVerifier } from '../../../src/auth/token-verifier.ts'
import { EndOfTick } from '../../../src/core/end-of-tick.ts'
import type { Admission, Credentials } from '../../../src/ports/auth.ts'
import { FakeClock, FakeRandom } from '../../support/fake-clock.ts'
import { credentials } from './credentials.ts'
import { FakeIntrospections, realmParts } from './realm-parts.ts'
import { RecordingLog } from '../../support/recording-log.ts'
import { FakeKeySets, LocalPool, rules, signed, type IssuerKey } from './token-fixtures.ts'

export const ISSUER = 'https://issuer.example'
export const OTHER_ISSUER = 'https://other.example'
export const AUDIENCE = 'HiveMQ'

/** What a test may want otherwise. */
export interface AttackedDoorOptions {
  readonly rules?: Partial<JwtValidationModel>
  readonly realm?: Partial<JwtRealmModel>
  readonly authentication?: (jwt: AuthenticationManagerModel) => AuthenticationManagerModel
  readonly authorization?: AuthorizationManagerModel
  readonly bindClientId?: string
  readonly failuresPerAddress?: number
  readonly failuresPerIssuer?: number
  readonly parts?: Partial<JwtRealmParts>
}

/** A whole door, from the listener's pipeline to the signature, with two issuers; nothing of it is a fake but its ports. */
export class AttackedDoor {
  readonly clock: FakeClock = new FakeClock()
  readonly keySets: FakeKeySets = new FakeKeySets()
  readonly pool: LocalPool = new LocalPool()
  readonly log: RecordingLog = new RecordingLog()
  readonly introspections: FakeIntrospections = new FakeIntrospections()
  readonly accessLines: string[] = []
  readonly door: ListenerPipelines

  constructor(options: AttackedDoorOptions = {}) {
    const { clock, keySets, pool, log, introspections } = this
    const endOfTick = new EndOfTick(task => void setImmediate(task))
    const { failuresPerAddress, failuresPerIssuer } = options
    const verifying = { keySets, pool, clock, endOfTick, log }
    const verifier = new TokenVerifier(
      failuresPerIssuer === undefined ? verifying : { ...verifying, failuresPerSecond: failuresPerIssuer },
    )
    const parts = realmParts({ verifier, clock, introspections, ...options.parts })
    const realm: JwtRealmModel = {
      ...realmNamed('all'),
      issuers: [ISSUER, OTHER_ISSUER].map(iss => issuer(iss, options)),
    }
    const binding = { clientIdClaim: options.bindClientId, usernameClaim: undefined }
    const jwt: AuthenticationManagerModel = { kind: 'jwt', realm: 'all', validation: rules() }
    this.door = new ListenerPipelines({
      model: {
        realms: [realm],
        pipelines: [
          {
            name: 'attacked',
            listener: 'ALL',
            authentication: options.authentication?.(jwt) ?? jwt,
            authorization: options.authorization ?? { kind: 'allow-all' },
          },
        ],
        accessLog: DEFAULT_ACCESS_LOG,
      },
      jwtAuthenticator: jwtAuthenticators(parts, binding),
      passwords: { verify: () => assert.fail('no password is compared') },
      accessLog: accessLogInto(this.accessLines),
      log,
      random: new FakeRandom(3),
      clock,
      ...(failuresPerAddress === undefined ? {} : { failuresPerSecond: failuresPerAddress }),
    })
  }

  get nowSeconds(): number {
    return this.clock.nowMs() / 1000
  }

  /** The claims of a good token. */
  claims(more: object = {}): object {
    const iat = this.nowSeconds - 10
    return { iss: ISSUER, aud: AUDIENCE, sub: 'device', scope: 'mqtt', iat, exp: iat + 3600, ...more }
  }

  /** A good token, but for what the test says. */
  token(key: IssuerKey, claims: object = {}, header: object = {}): Promise<Buffer> {
    return signed(key, { alg: key.alg, kid: key.jwk['kid'], ...header }, this.claims(claims))
  }

  show(password: Buffer | undefined, more: Partial<Credentials> = {}): Promise<Admission> {
    return this.door.admit(credentials({ password, ...more }))
  }

  /** Shows many at once. */
  async causes(passwords: readonly Buffer[], more: Partial<Credentials> = {}): Promise<readonly string[]> {
    const admissions = await Promise.all(passwords.map(password => this.show(password, more)))
    return admissions.map(admission => (admission.kind === 'refused' ? admission.cause : 'admitted'))
  }

  /** Signatures that were looked at. */
  get signatures(): number {
    return this.pool.batches.reduce((sum, batch) => sum + batch.length, 0)
  }

  /** Everything that was logged, in one text. */
  get logged(): string {
    return JSON.stringify(this.log.entries) + this.accessLines.join('\n')
  }
}

function realmNamed(name: string): JwtRealmModel {
  return { kind: 'jwt', name, jwksUri: '', jwksDefaultCacheSeconds: 1800, introspection: undefined }
}

function issuer(name: string, options: AttackedDoorOptions): IssuerModel {
  const scope = { required: ['mqtt'], claim: 'scope', otherClaims: ['scp'] }
  const validation = rules({ issuers: [name], audience: AUDIENCE, scope, ...options.rules })
  return { realm: { ...realmNamed(name), ...options.realm }, validation }
}

function accessLogInto(lines: string[]): AccessLog {
  const line = (event: string) => (clientId: string, ip: string) => void lines.push(`${event} ${clientId} ${ip}`)
  return {
    authenticationSucceeded: line('authentication-succeeded'),
    authenticationFailed: line('authentication-failed'),
    authorizationSucceeded: line('authorization-succeeded'),
    authorizationFailed: line('authorization-failed'),
    reopen: () => undefined,
    close: () => Promise.resolve(),
  }
}
