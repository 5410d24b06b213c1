import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { startIssuer } from '../../../../bench/issuer/issuer.ts'

describe('Issuer', () => {
  it('publishes the keys of after a rotation when told, counts requests, and may be down', async () => {
    const issuer = await startIssuer()
    const { facts } = issuer
    const [old = '', fresh = ''] = await issuer.tokensAcrossRotation('ES256', 2, 2)
    const verify = async (token: string): Promise<unknown> =>
      await jwtVerify(token, createRemoteJWKSet(new URL(facts.jwksUri)))
    await assert.rejects(verify(fresh))
    issuer.conduct.generation = 'next'
    await verify(fresh)
    await verify(old)
    assert.equal(issuer.requests, 3)
    issuer.conduct.server = 'down'
    await assert.rejects(verify(old))
    issuer.close()
  })

  it('mints tokens that all end in one second, anew each time', async () => {
    const issuer = await startIssuer()
    const exp = Math.floor(Date.now() / 1_000) + 100
    const tokens = await issuer.tokensUntil('ES256', 3, exp)
    const keySet = createRemoteJWKSet(new URL(issuer.facts.jwksUri))
    for (const token of tokens) assert.equal((await jwtVerify(token, keySet)).payload.exp, exp)
    const again = await issuer.tokensUntil('ES256', 3, exp + 1)
    issuer.close()
    assert.equal(new Set([...tokens, ...again]).size, 6)
  })

  it('introspects its tokens', async () => {
    const issuer = await startIssuer()
    const [token = ''] = await issuer.tokens('ES256', 1)
    const body = new URLSearchParams({ token })
    const response = await fetch(issuer.facts.introspectionUri, { method: 'POST', body })
    const answer: unknown = await response.json()
    issuer.close()
    assert.ok(typeof answer === 'object' && answer !== null && 'active' in answer && 'sub' in answer)
    assert.deepEqual([answer.active, answer.sub], [true, 'client-0'])
  })

  for (const algorithm of ['RS256', 'ES256', 'EdDSA'] as const) {
    it(`mints a token of its own for each client that its key set verifies, ${algorithm}`, async () => {
      const issuer = await startIssuer()
      const { facts } = issuer
      const [first = '', second = ''] = await issuer.tokens(algorithm, 2)
      const keySet = createRemoteJWKSet(new URL(facts.jwksUri))
      const { payload, protectedHeader } = await jwtVerify(first, keySet, {
        issuer: facts.issuer,
        audience: facts.audience,
      })
      const again = await issuer.tokens(algorithm, 3)
      issuer.close()
      assert.equal(protectedHeader.alg, algorithm)
      assert.match(String(payload['scope']), /^mqtt /)
      assert.notEqual(first, second)
      assert.deepEqual(again.slice(0, 2), [first, second])
    })
  }
})
