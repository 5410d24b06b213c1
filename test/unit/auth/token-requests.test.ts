import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ServerFetch } from '../../../src/auth/server-fetch.ts'
import { beginDeviceFlow, pollDeviceToken, requestClientToken } from '../../../src/auth/token-requests.ts'
import type { TokenClient } from '../../../src/auth/token-requests.ts'

const GRANT = { device_code: 'd', user_code: 'U', verification_uri: 'https://id.example/d', expires_in: 99_999 }

/** A client of a server that answers always the same. */
function client(status: number, answer: object | string, more: Partial<TokenClient> = {}): TokenClient {
  const body = typeof answer === 'string' ? answer : JSON.stringify(answer)
  const fetch: ServerFetch = () =>
    Promise.resolve(new Response(body, { status, headers: { 'content-type': 'application/json' } }))
  return {
    issuer: 'https://id.example',
    tokenEndpoint: 'https://id.example/token',
    deviceAuthorizationEndpoint: 'https://id.example/device',
    clientId: 'app',
    clientSecret: undefined,
    authentication: 'basic',
    scope: undefined,
    audience: undefined,
    fetch,
    ...more,
  }
}

const { signal } = new AbortController()

describe('the requests for a token', () => {
  it('give the token of a good answer', async () => {
    const good = client(200, { access_token: 't', token_type: 'bearer' })
    assert.equal(await requestClientToken(good, signal), 't')
    assert.deepEqual(await pollDeviceToken(good, 'd', signal), { kind: 'token', token: 't' })
  })

  it('tell a device to wait, or to ask less often', async () => {
    const poll = (error: string): Promise<unknown> => pollDeviceToken(client(400, { error }), 'd', signal)
    assert.deepEqual(await poll('authorization_pending'), { kind: 'pending' })
    assert.deepEqual(await poll('slow_down'), { kind: 'slow-down' })
    await assert.rejects(poll('access_denied'), { code: 'TOKEN_REFUSED', message: /answers 400: access_denied$/ })
  })

  it('bound how long a device waits, and ask every five seconds where the server does not say', async () => {
    assert.deepEqual(await beginDeviceFlow(client(200, GRANT), signal), {
      deviceCode: 'd',
      userCode: 'U',
      verificationUri: 'https://id.example/d',
      expiresInSeconds: 1_800,
      intervalSeconds: 5,
    })
    const complete = { ...GRANT, verification_uri_complete: 'https://id.example/d?c=U', expires_in: 60, interval: 1 }
    const { verificationUri, expiresInSeconds, intervalSeconds } = await beginDeviceFlow(client(200, complete), signal)
    assert.deepEqual([verificationUri, expiresInSeconds, intervalSeconds], ['https://id.example/d?c=U', 60, 1])
  })

  it('say what is wrong, and repeat nothing of an answer that may hold a token', async () => {
    for (const [status, answer] of [
      [200, 'access_token=the-token'],
      [200, { access_token: 'the-token' }],
      [500, { token: 'the-token' }],
    ] as const) {
      await assert.rejects(requestClientToken(client(status, answer), signal), (error: unknown) => {
        assert(error instanceof Error)
        assert.doesNotMatch(error.message, /the-token/)
        assert.equal(error.cause, undefined)
        return true
      })
    }
    const gone = client(
      200,
      {},
      { fetch: () => Promise.reject(Object.assign(new Error('x'), { code: 'ECONNREFUSED' })) },
    )
    await assert.rejects(requestClientToken(gone, signal), { code: 'TOKEN_REFUSED', message: 'ECONNREFUSED' })
  })
})
