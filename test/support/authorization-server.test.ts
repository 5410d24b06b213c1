import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { startAuthorizationServer } from './authorization-server.ts'
import { SIGNING_ALGORITHMS } from './signing-keys.ts'
import type { AuthorizationServer } from './authorization-server.ts'

describe('the authorization server of the tests', { timeout: 30_000 }, () => {
  let server: AuthorizationServer

  before(async () => {
    server = await startAuthorizationServer({ audience: 'HiveMQ' })
  })

  after(() => server.close())

  for (const algorithm of SIGNING_ALGORITHMS) {
    it(`gives access tokens in Okta's shape signed with ${algorithm}, which its published keys verify`, async () => {
      const keys = createRemoteJWKSet(new URL(server.keysUri))
      const token = await server.requestToken(algorithm)
      const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer: server.issuer, audience: 'HiveMQ' })
      assert.equal(protectedHeader.alg, algorithm)
      assert.equal(protectedHeader.typ, undefined)
      assert.deepEqual(payload['scp'], ['mqtt'])
      assert.equal(payload['scope'], undefined)
      assert.equal(payload.sub, server.clientIdFor(algorithm))
    })
  }

  it('signs with the new keys after a rotation and still publishes the old ones', async () => {
    const oldToken = await server.mint()
    server.rotate(await server.prepareKeys())
    const newToken = await server.requestToken()
    assert.notEqual(decodeProtectedHeader(newToken).kid, decodeProtectedHeader(oldToken).kid)
    const keys = createRemoteJWKSet(new URL(server.keysUri))
    for (const token of [oldToken, newToken]) await jwtVerify(token, keys, { issuer: server.issuer })
  })

  it('tells whether a token is active, until it is revoked', async () => {
    const token = await server.mint({ algorithm: 'ES256' })
    assert.deepEqual(await active(server, token), true)
    await ask(server, 'revoke', token)
    assert.deepEqual(await active(server, token), false)
    assert.deepEqual(await active(server, 'junk'), false)
  })

  it('answers with the fault that was ordered, and counts', async () => {
    const countBefore = server.requests.keys
    server.faults.keysStatus = 503
    assert.equal((await fetch(server.keysUri)).status, 503)
    server.faults.keysStatus = 0
    assert.equal((await fetch(server.keysUri)).status, 200)
    assert.equal(server.requests.keys, countBefore + 2)
  })
})

async function active(server: AuthorizationServer, token: string): Promise<unknown> {
  const body: unknown = await (await ask(server, 'introspect', token)).json()
  return typeof body === 'object' && body !== null && 'active' in body ? body.active : undefined
}

function ask(server: AuthorizationServer, endpoint: 'introspect' | 'revoke', token: string): Promise<Response> {
  const basic = Buffer.from(`${server.clientId}:${server.clientSecret}`).toString('base64')
  return fetch(`${server.issuer}/v1/${endpoint}`, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams({ token }),
  })
}
