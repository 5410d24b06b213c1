import assert from 'node:assert/strict'
import { before, beforeEach, describe, it } from 'node:test'
import { ExplainDesk } from '../../../../src/auth/explain/explain-desk.ts'
import { TokenExplainer } from '../../../../src/auth/explain/token-explainer.ts'
import { Revocations } from '../../../../src/auth/revocations.ts'
import { DEFAULT_ACCESS_LOG } from '../../../../src/auth/security-model.ts'
import type { JwtRealmModel, JwtValidationModel, SecurityModel } from '../../../../src/auth/security-model.ts'
import { EndOfTick } from '../../../../src/core/end-of-tick.ts'
import type { KeySetSnapshot } from '../../../../src/ports/key-sets.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { RecordingLog } from '../../../support/recording-log.ts'
import { FakeIntrospections } from '../realm-parts.ts'
import { FakeKeySets, issuerKey, rules, signed, withFlippedBit, type IssuerKey } from '../token-fixtures.ts'

const ISSUER = 'https://id.example'
const NOW = 1_700_000_000
const RULES = rules({ issuers: [ISSUER], audience: 'mqtt', scope: { required: ['mqtt'], claim: 'scope' } })
const REALM: JwtRealmModel = {
  kind: 'jwt',
  name: 'default',
  jwksUri: 'https://id.example/keys',
  jwksDefaultCacheSeconds: 1800,
  introspection: undefined,
}

/** Keys that were fetched twelve seconds ago by a clock that is three seconds ahead. */
class AgedKeySets extends FakeKeySets {
  failure: string | undefined = undefined
  aheadMs = 3_000

  lastFailure(): string | undefined {
    return this.failure
  }

  override current(realm: string): KeySetSnapshot | undefined {
    const snapshot = super.current(realm)
    return snapshot && { ...snapshot, fetchedAtMs: NOW * 1000 - 12_000, clockAheadMs: this.aheadMs }
  }
}

describe('the explanation of a token', () => {
  let key: IssuerKey
  let keySets: AgedKeySets
  let introspections: FakeIntrospections
  let revocations: Revocations
  let model: SecurityModel

  before(async () => {
    key = await issuerKey('ES256', 'k1')
  })

  beforeEach(() => {
    keySets = new AgedKeySets()
    keySets.publish('default', key.jwk)
    introspections = new FakeIntrospections()
    revocations = new Revocations()
    model = modelOf(RULES)
  })

  function modelOf(validation: JwtValidationModel, realm: JwtRealmModel = REALM): SecurityModel {
    return {
      realms: [realm],
      pipelines: [
        {
          name: 'default-pipeline',
          listener: 'ALL',
          authentication: { kind: 'jwt', realm: 'default', validation },
          authorization: { kind: 'token', format: 'lists', claim: '' },
        },
      ],
      accessLog: DEFAULT_ACCESS_LOG,
    }
  }

  const claims = (more: object = {}): object => ({
    iss: ISSUER,
    sub: 'sensor-1',
    aud: 'mqtt',
    scope: 'mqtt',
    exp: NOW + 3600,
    publ: ['sensors/#'],
    subl: ['commands/+'],
    ...more,
  })

  const good = (more: object = {}, header: object = {}): Promise<Buffer> =>
    signed(key, { alg: 'ES256', kid: 'k1', ...header }, claims(more))

  async function explain(
    token: Buffer | string,
    fields: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly text: string; readonly allowed: boolean }> {
    const explainer = new TokenExplainer({
      model: () => model,
      keySets,
      introspections,
      revocations,
      binding: { clientIdClaim: undefined, usernameClaim: undefined },
      clock: new FakeClock(NOW * 1000),
      endOfTick: new EndOfTick(setImmediate),
      log: new RecordingLog(),
    })
    const form = new URLSearchParams({ token: token.toString(), ...fields })
    const answer = await new ExplainDesk(explainer, 'tcp-listener-1883').answer(form)
    assert(answer.kind === 'explained', answer.kind)
    const { text, allowed } = answer
    const repeated = token.length > 10 && JSON.stringify(answer).includes(token.toString())
    assert.equal(repeated, false, 'the token is not repeated')
    return { text: text.replaceAll(/JWT of \d+ bytes/g, 'JWT of N bytes'), allowed }
  }

  /** The lines of a step, its hints with it. */
  async function step(name: string, token: Buffer | string): Promise<string> {
    const { text } = await explain(token)
    const lines = text.split('\n')
    const first = lines.findIndex(line => line.slice(4).startsWith(`${name} `))
    const next = lines.findIndex((line, index) => index > first && !line.startsWith('      '))
    return lines
      .slice(first, next === -1 ? undefined : next)
      .map(line => line.trim().replaceAll(/ {2,}/g, ' '))
      .join('\n')
  }

  it('of a good token shows each step, the identity and which permission decides', async () => {
    const { text, allowed } = await explain(await good(), { publish: 'sensors/1', subscribe: 'commands/#', qos: '1' })
    assert.equal(allowed, false)
    assert.equal(
      text,
      `Allowed in, but not to do all that was asked about.

  ✓ pipeline       "default-pipeline", for listener "tcp-listener-1883"
  ✓ realm          "default"
  ✓ form           a JWT of N bytes
  ✓ header         alg "ES256", kid "k1"
  ✓ kind           an access token, as far as it says
  ✓ binding        not bound to a key
  ✓ times          exp 2023-11-14T23:13:20Z, in 60 min
  ✓ issuer         "https://id.example"
  ✓ audience       "mqtt"
  · subject        not checked: "sensor-1"
  ✓ scope          "mqtt"
  · custom-claims  not checked: none are configured
  ✓ key            kid "k1" among 1 known key ("k1"), fetched 12 s ago
  ✓ signature      good, by ES256
  ✓ revocation     not revoked here
  ✓ permissions    for authorization key "sensor-1"

  session owner      {"issuer":"https://id.example","subject":"sensor-1"}
  authorization key  "sensor-1"
  connection ends    2023-11-14T23:13:20Z
  permissions, of which the first that applies decides
    allow publish "sensors/#" (from publ)
    allow subscribe "commands/+" (from subl)

  ✓ publish "sensors/1" with QoS 1
    allowed: by allow publish "sensors/#" (from publ)
  ✗ subscribe "commands/#" with QoS 1
    denied: no permission is about it`,
    )
  })

  it('of a bad token shows all that is wrong with its claims, what it nearly was, and what was not reached', async () => {
    const bad = await good({ exp: NOW - 240, iss: `${ISSUER}/`, aud: ['MQTT'], scope: undefined, scp: ['mqtt'] })
    const { text, allowed } = await explain(bad, { publish: 'sensors/1' })
    assert.equal(allowed, false)
    assert.equal(
      text,
      `Refused: token_expired. The token was valid until a time that has passed.
The client is told 0x87 and a reference.

  ✓ pipeline       "default-pipeline", for listener "tcp-listener-1883"
  ✓ realm          "default"
  ✓ form           a JWT of N bytes
  ✓ header         alg "ES256", kid "k1"
  ✓ kind           an access token, as far as it says
  ✓ binding        not bound to a key
  ✗ times          exp 2023-11-14T22:09:20Z, 4 min ago
                   → expired 4 min ago; clock skew of this host against the issuer: 3 s ahead
  ✗ issuer         "https://id.example/"
                   expected "https://id.example"
                   → issuer differs by a trailing slash: it is compared to the letter
  ✗ audience       ["MQTT"]
                   expected "mqtt"
                   → audience "MQTT" differs by upper and lower case
  · subject        not checked: "sensor-1"
  ✗ scope          absent
                   expected "mqtt"
                   → missing: "mqtt"
                   → the token has it in "scp"; looked for in "scope"
  · custom-claims  not checked: none are configured
    key            not reached
    signature      not reached
    revocation     not reached
    permissions    not reached`,
    )
  })

  it('of a token that only the clock of this host refuses says so', async () => {
    const said = await step('times', await good({ exp: NOW - 2 }))
    assert.match(said, /by the clock of the issuer it is valid: set the clock of this host$/)
    keySets.aheadMs = -60_000
    const early = await step('times', await good({ nbf: NOW + 40 }))
    assert.match(
      early,
      /not valid for another 40 s; clock skew .*: 60 s behind\n→ by the clock of the issuer it is valid/,
    )
    keySets.aheadMs = 900
    assert.match(await step('times', await good({ exp: NOW - 2 })), /issuer: less than 2 s$/)
  })

  it('of a key that is not there names those that are', async () => {
    const said = await step('key', await good({}, { kid: 'K1' }))
    assert.equal(
      said,
      '✗ key kid "K1"\n→ kid not among 1 known key ("k1"), fetched 12 s ago\n→ key "k1" differs by upper and lower case',
    )
    keySets.asked = false
    keySets.failure = 'ECONNREFUSED'
    const { text } = await explain(await good({}, { kid: 'k2' }))
    assert.match(text, /^Refused: key_not_asked_for\..*\nThe client is told 0x88 /)
    assert.match(text, /→ the last fetch of the keys failed: ECONNREFUSED/)
  })

  it('of a password that is nearly a token says what is to be cut off', async () => {
    const token = (await good()).toString()
    for (const [password, hint] of [
      [`Bearer ${token}`, /it begins with "Bearer "/],
      [`${token}=`, /padded with "="/],
      [` ${token}`, /spaces around it/],
      [`${token}\n`, /line end in it/],
      [token.slice(0, token.lastIndexOf('.') + 1), /alg none/],
      ['2f6b0c1d9e', /it is opaque/],
      ['a.b.c.d.e', /five parts/],
      ['{"access_token":"x"}', /it is JSON/],
      [`"${token}"`, /in quotes/],
      ['', /Refused: no_token/],
    ] as const) {
      assert.match((await explain(password)).text, hint)
    }
  })

  it('of a token for somebody else says what it is', async () => {
    const other = await issuerKey('ES256', 'k1')
    const forged = await signed(other, { alg: 'ES256', kid: 'k1' }, claims())
    assert.match(await step('signature', forged), /^✗ signature not that of the token, by ES256\n→ the key is the one/)
    assert.match(await step('signature', withFlippedBit(await good())), /^✗ /)
    assert.match(
      await step('header', await good({}, { alg: 'HS256' })),
      /^✗ header alg "HS256".*\n→ HS256 needs a shared secret/,
    )
    assert.match(
      await step('kind', await good({ token_use: 'id' })),
      /→ have the client send the access token, not the ID/,
    )
    assert.match(await step('audience', await good({ aud: undefined })), /→ the token has no audience/)
    assert.match(await step('audience', await good({ aud: 'x', azp: 'mqtt' })), /→ "mqtt" is the azp of the token/)
    assert.match(await step('scope', await good({ scope: 'a,mqtt' })), /→ the scopes are parted by commas/)
  })

  it('names what the client would have to say of itself', async () => {
    model = modelOf(rules({ customClaims: [{ name: 'device', value: '${mqtt-clientid}' }] }))
    const { text } = await explain(await good({ device: 'D1' }), { client_id: 'd1' })
    assert.match(text, /✗ custom-claims +device "D1"\n +expected "d1"\n +→ device differs by upper and lower case/)
    assert.equal((await explain(await good({ device: 'D1' }), { client_id: 'D1' })).allowed, true)
    model = modelOf(rules({ subject: '${mqtt-username}' }))
    assert.match(await step('subject', await good()), /→ the client gave nothing to fill this in with/)
  })

  it('tells a token that was revoked, or that its issuer does not stand by any more', async () => {
    revocations.add(
      { kind: 'sub', value: 'sensor-1', issuer: undefined, revokedAtMs: NOW * 1000, untilMs: Infinity },
      0,
    )
    assert.match(await step('revocation', await good()), /^✗ revocation revoked here/)
    revocations = new Revocations()
    const endpoint = 'https://id.example/introspect'
    const introspection = { endpoint, username: 'b', password: 'p' }
    model = modelOf({ ...RULES, introspection: { sampling: 0.01 } }, { ...REALM, introspection })
    introspections.answer = { kind: 'inactive' }
    assert.match(
      await step('introspection', await good()),
      /^✗ introspection "https:\/\/id.example\/introspect": inactive/,
    )
    model = modelOf(RULES, { ...REALM, introspection: { ...introspection, only: true } })
    introspections.answer = { kind: 'active', claims: { ...claims() } }
    const { text, allowed } = await explain('opaque-token')
    assert.equal(allowed, true)
    assert.match(text, /✓ form +12 bytes\n  ✓ introspection +"[^"]*": active\n/)
  })

  it('of several issuers says which are configured', async () => {
    const issuer = (name: string) => ({ realm: { ...REALM, name }, validation: rules({ issuers: [name] }) })
    model = modelOf(rules(), { ...REALM, issuers: [issuer('https://a.example'), issuer('https://b.example')] })
    assert.match(
      await step('issuer', await good({ iss: 'http://b.example' })),
      /^✗ issuer "http:\/\/b.example"\nexpected "https:\/\/a.example" or "https:\/\/b.example"\n→ issuer differs by http:\/\/ for https:\/\//,
    )
  })

  it('of a listener without a pipeline, of permissions that are none, and of users of a realm file', async () => {
    const [pipeline] = model.pipelines
    assert(pipeline !== undefined)
    model = { ...model, pipelines: [{ ...pipeline, listener: 'tls-tcp-listener-8883' }] }
    assert.match(
      (await explain(await good())).text,
      /^Refused: no_pipeline\.[^]*✗ pipeline  none, for listener "tcp-listener-1883"$/,
    )
    model = modelOf(RULES)
    assert.match((await explain(await good({ publ: 7 }))).text, /✗ permissions/)
    const password = {
      algorithm: 'PLAIN',
      hash: Buffer.from('pw').toString('base64'),
      salt: '',
      iterations: 0,
    } as const
    const users = [{ name: 'u', password, roles: [], permissions: [] }]
    model = {
      ...model,
      fileRealms: [{ name: 'users', path: '/users', users, roles: [] }],
      pipelines: [
        { ...pipeline, authentication: { kind: 'file', realm: 'users' }, authorization: { kind: 'allow-all' } },
      ],
    }
    assert.match((await explain('pw', { username: 'u' })).text, /^Allowed in\.[^]*✓ user +"u" in realm "users"/)
    assert.match((await explain('no', { username: 'u' })).text, /^Refused: wrong_authentication_secret\./)
  })
})
