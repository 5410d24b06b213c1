import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { startIssuer } from '../../../../bench/issuer/issuer.ts'

describe('Issuer', () => {
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
