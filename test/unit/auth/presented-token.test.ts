import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isTokenMethod, presentedToken } from '../../../src/auth/presented-token.ts'
import { credentials } from './credentials.ts'

function tokenOf(authenticationMethod: string | undefined, data: string | undefined): string | undefined {
  const authenticationData = data === undefined ? undefined : Buffer.from(data)
  return presentedToken(
    credentials({ authenticationMethod, authenticationData, password: Buffer.from('pw') }),
  )?.toString()
}

describe('the token that a client presents', () => {
  it('is the password of a client without an Authentication Method', () => {
    assert.equal(tokenOf(undefined, undefined), 'pw')
  })

  it('is the Authentication Data of one with a method for tokens, and never its password', () => {
    for (const method of ['OAUTH2-JWT', 'JWT', 'OAUTHBEARER', 'K8S-SAT', 'CUSTOM-JWT']) {
      assert.ok(isTokenMethod(method))
      assert.equal(tokenOf(method, 'a.b.c'), 'a.b.c')
      assert.equal(tokenOf(method, undefined), undefined)
    }
    assert.ok(!isTokenMethod('SCRAM-SHA-1'))
    assert.ok(!isTokenMethod('jwt'))
  })

  it('is taken out of a message of OAUTHBEARER (RFC 7628 3.1)', () => {
    assert.equal(tokenOf('OAUTHBEARER', 'n,,\u0001auth=Bearer a.b.c\u0001\u0001'), 'a.b.c')
    const addressed = 'n,a=user@example.com,\u0001host=h\u0001port=1\u0001auth=Bearer a.b.c\u0001\u0001'
    assert.equal(tokenOf('OAUTHBEARER', addressed), 'a.b.c')
  })

  it('is the data as it stands where it is no such message, for which it is then refused', () => {
    for (const data of ['n,,\u0001\u0001', 'n,,\u0001auth=Basic a.b.c\u0001\u0001', '\u0001auth=Bearer a.b.c']) {
      assert.equal(tokenOf('OAUTHBEARER', data), data)
    }
  })
})
