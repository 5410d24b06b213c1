import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tokenIdentity } from '../../../src/auth/token-identity.ts'

describe('the identity of a token', () => {
  it('is what it says of itself, the client where the preset has it', () => {
    const claims = { iss: 'i', sub: 's', cid: 'c', jti: 'j', sid: 'x', iat: 5 }
    assert.deepEqual(tokenIdentity(claims, undefined, 'okta'), {
      issuer: 'i',
      subject: 's',
      client: 'c',
      tokenId: 'j',
      sessionId: 'x',
      issuedAtMs: 5000,
    })
    assert.equal(tokenIdentity(claims, undefined).client, undefined)
  })

  it('has the digest of the token in place of a jti that is absent or no text', () => {
    for (const claims of [{}, { jti: 7 }, { jti: '' }]) {
      const { tokenId } = tokenIdentity(claims, Buffer.from('a.b.c'))
      assert.match(tokenId, /^sha256:[\w-]{43}$/)
      assert.notEqual(tokenIdentity(claims, Buffer.from('a.b.d')).tokenId, tokenId)
    }
  })
})
