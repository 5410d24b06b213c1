import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startAuthorizationServer } from '../support/authorization-server.ts'
import { otherSpellings, signedWithPublicKey, unsecured, withFlippedSignature } from '../support/forged-tokens.ts'
import { startGuardbee } from '../support/guardbee-process.ts'
import { jwtSettings } from '../support/jwt-settings.ts'
import { connectClient } from '../support/mqtt-clients.ts'
import { runProgram, systemProgram } from '../support/programs.ts'
import { refusedConnect } from '../support/raw-connect.ts'
import { Teardown } from '../support/teardown.ts'
import type { AuthorizationServer } from '../support/authorization-server.ts'
import type { GuardbeeProcess } from '../support/guardbee-process.ts'

const NOT_AUTHORIZED = { 4: 5, 5: 0x87 } as const
const HOUR_SECONDS = 3600

interface Case {
  readonly name: string
  readonly cause: string
  readonly password: () => string | undefined | Promise<string | undefined>
}

describe('refusals: each bad token is refused for its own cause', { timeout: 120_000 }, () => {
  const teardown = new Teardown()
  let server: AuthorizationServer
  let guardbee: GuardbeeProcess
  let goodToken: string
  let attempts = 0
  const shownPasswords: string[] = []

  before(async () => {
    server = teardown.add(await startAuthorizationServer(), opened => opened.close())
    guardbee = teardown.add(await startGuardbee({ ...jwtSettings(server), GUARDBEE_LOG_LEVEL: 'debug' }), opened =>
      opened.destroy(),
    )
    goodToken = await server.mint()
  })

  after(() => teardown.run())

  const nowSeconds = Math.floor(Date.now() / 1000)
  const cases: readonly Case[] = [
    {
      name: 'an expired token',
      cause: 'token_expired',
      password: () => server.mint({ claims: { iat: nowSeconds - 2 * HOUR_SECONDS, exp: nowSeconds - HOUR_SECONDS } }),
    },
    {
      name: 'a token that is not yet valid',
      cause: 'token_not_yet_valid',
      password: () => server.mint({ claims: { nbf: nowSeconds + HOUR_SECONDS, exp: nowSeconds + 2 * HOUR_SECONDS } }),
    },
    {
      name: 'a token of another issuer',
      cause: 'issuer',
      password: () => server.mint({ claims: { iss: `${server.issuer}/` } }),
    },
    {
      name: 'a token for another audience',
      cause: 'audience',
      password: () => server.mint({ claims: { aud: 'HiveMQTT' } }),
    },
    { name: 'a token without scopes', cause: 'scope', password: () => server.mint({ claims: { scp: undefined } }) },
    {
      name: 'a token with a scope that only begins with the required one',
      cause: 'scope',
      password: () => server.mint({ claims: { scp: ['mqtt:read'] } }),
    },
    { name: 'a token signed by an unknown key', cause: 'unknown_kid', password: () => server.mint({ kid: 'nobody' }) },
    {
      name: 'a token with a flipped bit in its signature',
      cause: 'bad_signature',
      password: () => withFlippedSignature(goodToken),
    },
    {
      name: 'a token signed by a key of somebody else under a known kid',
      cause: 'bad_signature',
      password: async () => server.mint({ keys: await server.prepareKeys(), kid: server.keys.RS256.kid }),
    },
    { name: 'a token without a signature', cause: 'algorithm_not_allowed', password: () => unsecured(goodToken) },
    {
      name: 'a token signed by HMAC with the public key',
      cause: 'algorithm_not_allowed',
      password: () => signedWithPublicKey(goodToken, server.keys.RS256),
    },
    {
      name: 'a token that is too large',
      cause: 'token_too_large',
      password: () => server.mint({ claims: { groups: 'g'.repeat(20_000) } }),
    },
    { name: 'a password that is not a token', cause: 'token_malformed', password: () => 'correct horse battery' },
    { name: 'no password', cause: 'no_token', password: () => undefined },
  ]

  for (const { name, cause, password } of cases) {
    for (const version of [4, 5] as const) {
      it(`${name} is refused with ${NOT_AUTHORIZED[version]} (${cause})`, () => expectRefusal(cause, password, version))
    }
  }

  // The names are those that `otherSpellings` gives; a token of three parts is enough to list them.
  for (const spelling of Object.keys(otherSpellings(`e30.e30.${'A'.repeat(342)}`))) {
    const password = (): string | undefined => otherSpellings(goodToken)[spelling]
    it(`a good token with ${spelling} is refused`, () => expectRefusal('not_canonical', password, 5))
  }

  it('a good token is let in between all these', async () => {
    const { client } = await connectClient(`mqtt://127.0.0.1:${guardbee.mqttPort}`, {
      clientId: 'good',
      token: goodToken,
    })
    shownPasswords.push(goodToken)
    await client.endAsync()
  })

  it('mosquitto_pub without a token says that it is not authorised', async () => {
    const broker = ['-h', '127.0.0.1', '-p', String(guardbee.mqttPort)]
    const { status, stderr } = await runProgram(systemProgram('mosquitto_pub'), [...broker, '-t', 'demo', '-m', 'hi'])
    assert.equal(status, 5)
    assert.match(stderr, /not authori[sz]ed/)
  })

  it('unknown keys cause a handful of requests for the key set, not one each', () => {
    assert.ok(server.requests.keys <= 5, `${server.requests.keys} requests`)
  })

  it('no token, no part of one that proves anything, and no password is in any log (CVE-2026-33216)', async () => {
    await guardbee.stop()
    const output = await guardbee.allOutput()
    assert.ok(shownPasswords.length > 30)
    for (const password of shownPasswords) {
      assert.ok(!output.includes(password))
      // Headers say `alg` and `kid` only; payloads and signatures are nobody's business.
      for (const part of password
        .split('.')
        .slice(1)
        .filter(text => text !== ''))
        assert.ok(!output.includes(part))
    }
  })

  async function expectRefusal(cause: string, makePassword: Case['password'], version: 4 | 5): Promise<void> {
    const password = await makePassword()
    const clientId = `refused-${(attempts += 1)}`
    const credentials = password === undefined ? {} : { username: 'token-user', password }
    if (password !== undefined) shownPasswords.push(password)

    const answer = await refusedConnect(guardbee.mqttPort, { clientId, version, ...credentials })

    assert.equal(answer.code, NOT_AUTHORIZED[version])
    const { fields } = await guardbee.waitForEvent('client refused', logged => logged['clientId'] === clientId)
    assert.equal(fields['cause'], cause)
    if (version === 4) return
    const reference = fields['reference']
    assert.ok(typeof reference === 'string' && reference.length >= 4)
    const told = answer.reasonString ?? ''
    assert.ok(told.includes(reference), `"${told}" does not lead to ${reference}`)
    assert.ok(!told.includes(cause), 'the client is not told the cause')
  }
})
