import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import type { DevIssuer } from '../../../../src/cli/dev-issuer/dev-issuer.ts'
import { startDevIssuer } from '../../../../src/cli/dev-issuer/dev-issuer.ts'
import { FakeClock, FakeRandom } from '../../../support/fake-clock.ts'
import { RecordingLog } from '../../../support/recording-log.ts'

const ONE = 'device-1:device-1-secret'
const TWO = 'device-2:device-2-secret'

describe('development issuer', () => {
  const clock = new FakeClock()
  const log = new RecordingLog()
  let issuer: DevIssuer

  before(async () => {
    issuer = await startDevIssuer({ port: 0, clock, random: new FakeRandom(), log })
  })

  after(async () => {
    await issuer.stop()
    assert.deepEqual(log.entries, [])
  })

  function post(path: string, form: Record<string, string>, credentials?: string): Promise<Response> {
    const headers = credentials === undefined ? undefined : { authorization: `Basic ${btoa(credentials)}` }
    return fetch(`${issuer.issuer}${path}`, {
      method: 'POST',
      body: new URLSearchParams(form),
      ...(headers && { headers }),
    })
  }

  async function json(response: Promise<Response>): Promise<Record<string, unknown>> {
    const value: unknown = await (await response).json()
    assert.ok(typeof value === 'object' && value !== null)
    return { ...value }
  }

  async function tokenFor(credentials: string): Promise<string> {
    const { access_token: token } = await json(post('/token', { grant_type: 'client_credentials' }, credentials))
    assert.ok(typeof token === 'string')
    return token
  }

  async function verify(token: string): ReturnType<typeof jwtVerify> {
    const rules = { issuer: issuer.issuer, audience: 'guardbee', typ: 'at+jwt', currentDate: new Date(clock.nowMs()) }
    return await jwtVerify(token, createRemoteJWKSet(new URL(issuer.jwksUri)), rules)
  }

  async function isActive(token: string): Promise<unknown> {
    return (await json(post('/introspect', { token }, TWO)))['active']
  }

  it('issues tokens that verify against its published keys: RS256 and ES256', async () => {
    for (const [credentials, alg, id] of [
      [ONE, 'RS256', 'device-1'],
      [TWO, 'ES256', 'device-2'],
    ] as const) {
      const token = await tokenFor(credentials)
      const { payload, protectedHeader } = await verify(token)
      assert.equal(protectedHeader.alg, alg)
      assert.deepEqual([payload.sub, payload['client_id'], payload['scope']], [id, id, 'mqtt'])
      assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 3600)
    }
  })

  it('publishes the same metadata for OpenID and for OAuth, with addresses that answer', async () => {
    const openid = await json(fetch(`${issuer.issuer}/.well-known/openid-configuration`))
    assert.deepEqual(await json(fetch(`${issuer.issuer}/.well-known/oauth-authorization-server`)), openid)
    assert.equal(openid['issuer'], issuer.issuer)
    assert.equal(openid['jwks_uri'], issuer.jwksUri)
    assert.equal(openid['token_endpoint'], issuer.tokenEndpoint)
  })

  it('publishes no private key', async () => {
    const { keys } = await json(fetch(issuer.jwksUri))
    assert.ok(Array.isArray(keys) && keys.length === 2)
    for (const key of keys) for (const member of ['d', 'p', 'q', 'k']) assert.ok(!(member in Object(key)))
  })

  it('takes client_secret_post and a form-encoded client_secret_basic too', async () => {
    const posted = { grant_type: 'client_credentials', client_id: 'device-1', client_secret: 'device-1-secret' }
    assert.equal((await post('/token', posted)).status, 200)
    assert.equal((await post('/token', { grant_type: 'client_credentials' }, 'device%2D1:device-1-secret')).status, 200)
  })

  it('refuses with the error code of the standard', async () => {
    const grant = { grant_type: 'client_credentials' }
    const secret = { client_secret: 'device-1-secret' }
    const refusals = [
      [await post('/token', grant, 'device-1:wrong'), 401, 'invalid_client'],
      [await post('/token', grant, 'device-1:device-2-secret'), 401, 'invalid_client'],
      [await post('/token', grant), 401, 'invalid_client'],
      [await post('/token', { ...grant, ...secret }, ONE), 401, 'invalid_client'],
      [await post('/token', {}, ONE), 400, 'invalid_request'],
      [await post('/token', { grant_type: 'password' }, ONE), 400, 'unsupported_grant_type'],
      [await post('/token', { ...grant, scope: 'mqtt admin' }, ONE), 400, 'invalid_scope'],
      [await post('/introspect', { token: 'x' }), 401, 'invalid_client'],
      [await post('/introspect', {}, ONE), 400, 'invalid_request'],
      [await post('/revoke', { token: 'x' }), 401, 'invalid_client'],
      [await fetch(`${issuer.issuer}/nowhere`), 404, 'not_found'],
      [await fetch(issuer.tokenEndpoint), 404, 'not_found'],
    ] as const
    for (const [response, status, error] of refusals) {
      assert.equal(response.status, status)
      assert.deepEqual(await response.json(), { error })
    }
  })

  it('refuses a body that is too large, no form, or has a field twice', async () => {
    const send = async (body: string, type = 'application/x-www-form-urlencoded'): Promise<number> =>
      (await fetch(issuer.tokenEndpoint, { method: 'POST', body, headers: { 'content-type': type } })).status
    assert.equal(await send(`grant_type=${'x'.repeat(20_000)}`), 413)
    assert.equal(await send('{"grant_type":"client_credentials"}', 'application/json'), 415)
    assert.equal(await send('grant_type=client_credentials&grant_type=client_credentials'), 400)
  })

  it('introspects its own tokens only, until they expire', async () => {
    const token = await tokenFor(ONE)
    const answer = await json(post('/introspect', { token }, TWO))
    assert.equal(answer['active'], true)
    assert.equal(answer['client_id'], 'device-1')
    for (const other of ['opaque', `${token.slice(0, -4)}AAAA`, '']) assert.equal(await isActive(other), false)
    clock.advance(3_600_000)
    assert.equal(await isActive(token), false)
  })

  it('revokes a token for the client it was issued to, and for nobody else', async () => {
    const token = await tokenFor(ONE)
    assert.equal((await post('/revoke', { token }, TWO)).status, 200)
    assert.equal(await isActive(token), true)
    assert.equal((await post('/revoke', { token }, ONE)).status, 200)
    assert.equal(await isActive(token), false)
    assert.equal((await post('/revoke', { token: 'unknown' }, ONE)).status, 200)
    assert.equal(await isActive(await tokenFor(ONE)), true)
  })

  it('signs with new keys after a rotation and keeps the old ones published', async () => {
    const first = await tokenFor(ONE)
    assert.equal((await fetch(`${issuer.issuer}/rotate`, { method: 'POST' })).status, 200)
    const second = await tokenFor(ONE)
    await issuer.rotateKeys()
    const third = await tokenFor(ONE)
    const kids = [first, second, third].map(token => decodeProtectedHeader(token).kid)
    assert.equal(new Set(kids).size, 3)
    for (const token of [first, second, third]) assert.equal((await verify(token)).payload.sub, 'device-1')
  })

  it('answers only those who name it by its loopback address', async () => {
    const { hostname, port } = new URL(issuer.issuer)
    const { request } = await import('node:http')
    const status = await new Promise((resolve, reject) => {
      request({ hostname, port, path: '/jwks', headers: { host: `evil.example:${port}` } }, response => {
        response.resume()
        resolve(response.statusCode)
      })
        .on('error', reject)
        .end()
    })
    assert.equal(status, 403)
  })
})
