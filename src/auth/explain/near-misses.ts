import type { KeySetSnapshot } from '../../ports/key-sets.ts'
import { habitsOf } from '../claim-habits.ts'
import { claimTexts } from '../claim-path.ts'
import { member, type JsonObject } from '../json-object.ts'
import type { Refusal } from '../refusal-cause.ts'
import type { JwtValidationModel } from '../security-model.ts'
import { scopeClaims } from './claim-facts.ts'
import { nearestOf, nearness } from './nearness.ts'
import { durationWords, quotedWords } from './plain-words.ts'

/** What a refusal of the claims is looked at with. */
export interface MissedClaims {
  readonly refusal: Refusal
  readonly claims: JsonObject
  readonly rules: JwtValidationModel
  readonly nowMs: number
  /** The keys of the realm, with the clock of their server. */
  readonly snapshot: KeySetSnapshot | undefined
}

const CLOCK_WORTH_SAYING_MS = 1_500
const SCOPE_CLAIMS = ['scope', 'scp', 'permissions', 'roles']

/** What the claims nearly were, and what to do about it. */
export function claimNearMisses(missed: MissedClaims): readonly string[] {
  switch (missed.refusal.cause) {
    case 'token_expired':
    case 'token_not_yet_valid':
    case 'issued_in_future':
      return timeMisses(missed)
    case 'issuer':
      return issuerMisses(missed)
    case 'audience':
      return audienceMisses(missed)
    case 'scope':
      return scopeMisses(missed)
    case 'subject':
    case 'custom_claim':
      return boundMisses(missed.refusal)
    case 'not_access_token':
      return ['have the client send the access token, not the ID or refresh token of the same answer']
    case 'missing_expiry':
      return ['let the issuer put an exp claim into its access tokens']
    case 'not_bearer':
      return ['switch DPoP off for this client at the issuer: MQTT has no place for its proof']
    case 'certificate_mismatch':
      return ['no certificate is shown here: try it with the client itself on the TLS listener']
    default:
      return []
  }
}

/** `clock skew of this host against the issuer 3 s`, and whether that alone refuses the token. */
function timeMisses({ refusal, nowMs, snapshot }: MissedClaims): readonly string[] {
  const { found } = refusal.detail
  const distanceMs = nowMs - (typeof found === 'number' ? found : 0) * 1000
  const expired = refusal.cause === 'token_expired'
  const first = expired
    ? `expired ${durationWords(distanceMs)} ago`
    : `not valid for another ${durationWords(distanceMs)}`
  const aheadMs = snapshot?.clockAheadMs
  if (aheadMs === undefined) return [first]
  const small = Math.abs(aheadMs) < CLOCK_WORTH_SAYING_MS
  const side = aheadMs > 0 ? 'ahead' : 'behind'
  const skew = small ? 'less than 2 s' : `${durationWords(aheadMs)} ${side}`
  const said = `${first}; clock skew of this host against the issuer: ${skew}`
  const blamed = expired ? aheadMs > distanceMs : -aheadMs > -distanceMs
  return blamed && !small ? [said, 'by the clock of the issuer it is valid: set the clock of this host'] : [said]
}

function issuerMisses({ refusal, claims, rules }: MissedClaims): readonly string[] {
  const iss = member(claims, 'iss')
  if (typeof iss !== 'string') return ['the token does not say who issued it']
  const expected = rules.issuers.length > 0 ? rules.issuers : String(refusal.detail['expected'] ?? '').split(' ')
  const near = expected.map(issuer => nearness(iss, issuer)).find(how => how !== undefined)
  return near === undefined ? [] : [`issuer ${near}: it is compared to the letter`]
}

function audienceMisses({ refusal, claims, rules }: MissedClaims): readonly string[] {
  const wanted = String(refusal.detail['expected'] ?? rules.audience ?? '')
  const audiences = habitsOf(rules.preset).audienceClaims.flatMap(name => claimTexts(member(claims, name)))
  if (audiences.length === 0)
    return [`the token has no audience: have the client ask the issuer for ${quotedWords(wanted)}`]
  const near = nearestOf(audiences, wanted)
  if (near !== undefined) return [`audience ${near}`]
  const elsewhere = ['azp', 'client_id', 'cid', 'appid'].find(name => member(claims, name) === wanted)
  return elsewhere === undefined ? [] : [`${quotedWords(wanted)} is the ${elsewhere} of the token, not its audience`]
}

function scopeMisses({ claims, rules }: MissedClaims): readonly string[] {
  const required = rules.scope?.required ?? []
  const looked = scopeClaims(rules)
  const present = looked.find(name => Object.hasOwn(claims, name))
  const granted = present === undefined ? [] : words(member(claims, present))
  const missing = required.filter(scope => !granted.includes(scope))
  const elsewhere = SCOPE_CLAIMS.filter(
    name => name !== present && missing.some(scope => words(member(claims, name)).includes(scope)),
  )
  const near = missing.map(scope => nearestOf(granted, scope)).filter(how => how !== undefined)
  return [
    `missing: ${missing.map(quotedWords).join(', ')}`,
    ...elsewhere.map(
      name => `the token has it in ${quotedWords(name)}; looked for in ${quotedWords(present ?? looked.join(' or '))}`,
    ),
    ...near.map(how => `scope ${how}`),
    ...(granted.some(scope => scope.includes(',')) ? ['the scopes are parted by commas; expected spaces'] : []),
  ]
}

function words(value: unknown): readonly string[] {
  return typeof value === 'string' ? value.split(' ') : claimTexts(value)
}

/** Claims that must be what the client says of itself. */
function boundMisses({ detail }: Refusal): readonly string[] {
  const [found, expected] = [String(detail['found'] ?? ''), String(detail['expected'] ?? '')]
  const near = nearness(found, expected)
  if (near !== undefined) return [`${String(detail['of'])} ${near}`]
  return expected.includes('${mqtt-') ? ['the client gave nothing to fill this in with: --client-id, --username'] : []
}
