import assert from 'node:assert/strict'
import { before, beforeEach, describe, it } from 'node:test'
import type { Authenticator } from '../../../src/auth/authenticator.ts'
import { jwtAuthenticators } from '../../../src/auth/jwt-authenticators.ts'
import type { ClientBinding } from '../../../src/auth/jwt-authenticators.ts'
import type { IssuerModel, JwtRealmModel, JwtValidationModel } from '../../../src/auth/security-model.ts'
import { TokenVerifier } from '../../../src/auth/token-verifier.ts'
import { EndOfTick } from '../../../src/core/end-of-tick.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLog } from '../../support/recording-log.ts'
import { credentials } from './credentials.ts'
import { realmParts } from './realm-parts.ts'
import { FakeKeySets, issuerKey, LocalPool, rules, signed, type IssuerKey } from './token-fixtures.ts'

const NORTH = 'https://north.example'
const SOUTH = 'https://south.example'
const NO_BINDING: ClientBinding = { clientIdClaim: undefined, usernameClaim: undefined }

describe('several issuers side by side', () => {
  let northKey: IssuerKey
  let southKey: IssuerKey
  let keySets: FakeKeySets
  let verifier: TokenVerifier
  const clock = new FakeClock()

  before(async () => {
    northKey = await issuerKey('ES256', 'k')
    southKey = await issuerKey('ES256', 'k')
  })
  beforeEach(() => {
    keySets = new FakeKeySets()
    keySets.publish(NORTH, northKey.jwk)
    keySets.publish(SOUTH, southKey.jwk)
    const endOfTick = new EndOfTick(task => void setImmediate(task))
    verifier = new TokenVerifier({ keySets, pool: new LocalPool(), clock, endOfTick, log: new RecordingLog() })
  })

  function realm(name: string, issuers?: readonly IssuerModel[]): JwtRealmModel {
    const more = issuers === undefined ? {} : { issuers }
    return { kind: 'jwt', name, jwksUri: '', jwksDefaultCacheSeconds: 1800, introspection: undefined, ...more }
  }

  function bothIssuers(binding = NO_BINDING): Authenticator {
    const issuer = (name: string, more: Partial<JwtValidationModel>): IssuerModel => {
      return { realm: realm(name), validation: rules({ issuers: [name], ...more }) }
    }
    const both = [issuer(NORTH, { audience: 'north' }), issuer(SOUTH, { audience: 'south' })]
    return jwtAuthenticators(realmParts({ verifier, clock }), binding)(realm('default', both), rules())
  }

  async function causeOf(key: IssuerKey, claims: object, authenticator = bothIssuers()): Promise<string> {
    const exp = clock.nowMs() / 1000 + 60
    const password = await signed(key, { alg: 'ES256', kid: 'k' }, { exp, sub: 'a', ...claims })
    const outcome = await authenticator.authenticate(credentials({ password }))
    return outcome.kind === 'refused' ? outcome.cause : outcome.owner
  }

  it('a token is decided on by the keys and the rules of its own issuer', async () => {
    const north = await causeOf(northKey, { iss: NORTH, aud: 'north' })
    const south = await causeOf(southKey, { iss: SOUTH, aud: 'south' })
    assert.match(north, /north\.example/)
    assert.match(south, /south\.example/)
    assert.equal(await causeOf(southKey, { iss: NORTH, aud: 'north' }), 'bad_signature')
    assert.equal(await causeOf(northKey, { iss: NORTH, aud: 'south' }), 'audience')
  })

  it('an issuer that is not configured is asked nothing, whatever address it names', async () => {
    for (const iss of ['http://169.254.169.254', `${NORTH}/`, [NORTH], undefined, null, '__proto__']) {
      assert.equal(await causeOf(northKey, { iss, aud: 'north' }), 'issuer')
    }
    assert.deepEqual(keySets.refreshed, [])
  })

  it('what is no token is refused for its form', async () => {
    const outcome = await bothIssuers().authenticate(credentials({ password: Buffer.from('opaque') }))
    assert.ok(outcome.kind === 'refused')
    assert.equal(outcome.cause, 'token_malformed')
  })

  it('a token can be bound to the Client Identifier and the user name, for each issuer', async () => {
    const bound = bothIssuers({ clientIdClaim: 'sub', usernameClaim: 'user' })
    const claims = { iss: NORTH, aud: 'north', sub: 'token-client', user: 'token-user' }
    assert.match(await causeOf(northKey, claims, bound), /token-client/)
    assert.equal(await causeOf(northKey, { ...claims, sub: 'other' }, bound), 'custom_claim')
    assert.equal(await causeOf(northKey, { ...claims, user: 'other' }, bound), 'custom_claim')
    assert.equal(await causeOf(northKey, { ...claims, user: undefined }, bound), 'custom_claim')
  })
})
