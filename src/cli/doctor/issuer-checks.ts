import { explanationText } from '../../auth/explain/explanation-text.ts'
import { durationWords } from '../../auth/explain/plain-words.ts'
import { TOKEN_BYTES_MAX } from '../../auth/token-grammar.ts'
import { IntrospectionSource } from '../../auth/introspection-source.ts'
import { jwtManagers, uncheckedRealms } from '../../auth/jwt-managers.ts'
import { KeySetSource } from '../../auth/key-set-source.ts'
import { KeySet } from '../../auth/key-set.ts'
import { Revocations } from '../../auth/revocations.ts'
import type { JwtRealmModel, SecurityModel } from '../../auth/security-model.ts'
import { CLOCK_TOLERANCE_SECONDS } from '../../auth/claim-time.ts'
import { openExplainDesk } from '../../cluster/explaining.ts'
import type { Settings } from '../../config/settings-type.ts'
import { background, silentLog } from '../../ports/telemetry.ts'
import type { Log } from '../../ports/telemetry.ts'
import type { CommandContext } from '../command.ts'
import { errorText } from '../error-text.ts'
import { firstKeys, securityOnce } from '../security-once.ts'
import { fail, type Finding, ok, warn } from './finding.ts'

/** What of the outside world is looked at. */
export interface IssuerChecksParts {
  readonly settings: Settings
  readonly context: CommandContext
  /** A token whose size and fate are told too; undefined: none was given. */
  readonly token: string | undefined
}

const SKEW_WARN_MS = 5_000
const SKEW_FAIL_MS = CLOCK_TOLERANCE_SECONDS * 1_000
const TOKEN_BYTES_WARN = TOKEN_BYTES_MAX * 0.75
/** Of no issuer: an endpoint that takes our credentials says that it is not active. */
const PROBE = 'guardbee-doctor-asks-whether-this-endpoint-answers'

/** Asks each issuer for what a broker would ask it for: its metadata, its keys and its time, and about a token. */
export async function checkIssuers(parts: IssuerChecksParts): Promise<readonly Finding[]> {
  const { settings, context } = parts
  let model: SecurityModel
  try {
    model = await securityOnce(settings, silentLog, context)
  } catch (error) {
    return [fail('discovery', errorText(error), 'check GUARDBEE_JWT_ISSUER, and that this host may reach it')]
  }
  const { clock, random } = context
  const keySets = new KeySetSource({ realms: model.realms, clock, random, log: silentLog })
  const faults = new RealmFaults()
  const introspections = new IntrospectionSource({ realms: model.realms, clock, log: faults })
  try {
    background(silentLog, 'fetch of the keys', keySets.start())
    await firstKeys(keySets, clock)
    const realms = model.realms.flatMap(realm => realm.issuers?.map(issuer => issuer.realm) ?? [realm])
    const ofRealms = await Promise.all(
      realms.map(async realm => [
        ...keyFindings(realm, keySets),
        ...(await introspectionFindings(realm, introspections, faults)),
      ]),
    )
    const explaining = {
      model: () => model,
      keySets,
      introspections,
      revocations: new Revocations(),
      clock,
      log: silentLog,
    }
    const ofToken =
      parts.token === undefined ? [] : await tokenFindings(parts.token, openExplainDesk(settings, explaining))
    return [
      ok('discovery', `${realms.length} ${realms.length === 1 ? 'realm' : 'realms'}`),
      ...ofRealms.flat(),
      ...ruleFindings(model),
      ...ofToken,
    ]
  } finally {
    keySets.close()
    introspections.close()
  }
}

function keyFindings(realm: JwtRealmModel, keySets: KeySetSource): readonly Finding[] {
  if (realm.introspection?.only === true) return []
  const { name, jwksFile, jwksUri } = realm
  const from = jwksFile ?? jwksUri
  const snapshot = keySets.current(name)
  if (snapshot === undefined) {
    const why = keySets.lastFailure(name) ?? 'no answer in time'
    return [fail('keys', `realm "${name}": none from ${from}: ${why}`, 'see that this host may reach the address')]
  }
  const { size } = new KeySet(snapshot)
  const usable = `realm "${name}": ${size} of ${snapshot.keys.length} can be used, from ${from}`
  const { clockAheadMs } = snapshot
  return [ok('keys', usable), ...(clockAheadMs === undefined ? [] : [clockFinding(name, clockAheadMs)])]
}

/** The Date header is cut off to the second, so a second says nothing. */
function clockFinding(realm: string, aheadMs: number): Finding {
  const distance = Math.abs(aheadMs)
  const said = `realm "${realm}": this host is ${durationWords(distance)} ${aheadMs < 0 ? 'behind' : 'ahead of'} its issuer`
  const advice = 'synchronize the clock of this host (chrony, systemd-timesyncd)'
  if (distance >= SKEW_FAIL_MS) return fail('clock', said, advice)
  if (distance >= SKEW_WARN_MS) return warn('clock', said, advice)
  return ok('clock', said)
}

async function introspectionFindings(
  { name, introspection }: JwtRealmModel,
  introspections: IntrospectionSource,
  faults: RealmFaults,
): Promise<readonly Finding[]> {
  if (introspection === undefined) return []
  const answer = await introspections.ask(name, PROBE)
  const { endpoint } = introspection
  if (answer.kind === 'inactive')
    return [ok('introspection', `realm "${name}": ${endpoint} answers with these credentials`)]
  if (answer.kind === 'active') {
    return [
      fail(
        'introspection',
        `realm "${name}": ${endpoint} takes any text for an active token`,
        'nobody is kept out by it',
      ),
    ]
  }
  const why = faults.of(name) ?? 'no answer'
  return [
    fail('introspection', `realm "${name}": ${endpoint}: ${why}`, 'check the address, the client id and its secret'),
  ]
}

function ruleFindings(model: SecurityModel): readonly Finding[] {
  const rules = jwtManagers(model).flatMap(({ realm, validation }) => realm.issuers ?? [{ realm, validation }])
  const unchecked = new Set(uncheckedRealms(model))
  return rules.map(({ realm: { name }, validation: { audience } }) => {
    if (unchecked.has(name)) {
      return warn(
        'audience',
        `realm "${name}": any token of the issuer lets a client in`,
        'say what must stand in it: <jwt-validation>',
      )
    }
    if (audience !== undefined) return ok('audience', `realm "${name}": ${JSON.stringify(audience)}`)
    return warn(
      'audience',
      `realm "${name}": tokens that are meant for others are accepted`,
      'set GUARDBEE_JWT_AUDIENCE, or <aud>',
    )
  })
}

async function tokenFindings(token: string, desk: ReturnType<typeof openExplainDesk>): Promise<readonly Finding[]> {
  const bytes = Buffer.byteLength(token)
  const size = `${bytes} of at most ${TOKEN_BYTES_MAX} bytes`
  const large = bytes > TOKEN_BYTES_WARN
  const sized = large
    ? warn('token size', size, 'have the issuer leave out what is not needed: groups and roles make tokens long')
    : ok('token size', size)
  const answer = await desk.answer(new URLSearchParams({ token }))
  if (answer.kind !== 'explained') return [sized, fail('token', 'it cannot be looked at', 'see `guardbee token why`')]
  const [verdict = ''] = explanationText(answer.explanation).split('\n')
  return [sized, answer.allowed ? ok('token', 'accepted') : fail('token', verdict, 'see `guardbee token why` with it')]
}

/** What was told of the realms, for their findings. */
class RealmFaults implements Log {
  readonly #byRealm = new Map<unknown, string>()

  of(realm: string): string | undefined {
    return this.#byRealm.get(realm)
  }

  debug(): void {}

  info(): void {}

  warn(event: string, fields?: Parameters<Log['warn']>[1]): void {
    this.#byRealm.set(fields?.['realm'], fields?.['cause']?.toString() ?? event)
  }

  error(): void {}
}
