import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, it } from 'node:test'
import { securityModelFromSettings, securityModelOfIssuers } from '../../../src/auth/environment-security-model.ts'
import { filesOf, withFileDigests } from '../../../src/auth/realm-files.ts'
import { ownRealms } from '../../../src/auth/realm-id.ts'
import type { SecurityModel } from '../../../src/auth/security-model.ts'
import { peopleRealm } from '../../support/ese/security-file.ts'
import { makeTemporaryFolder } from '../../support/temporary-folder.ts'

const PLAIN = {
  issuer: 'a',
  jwksUri: 'https://a.example/keys',
  audience: undefined,
  scope: undefined,
  scopeClaim: undefined,
}

describe('the files of a security model', () => {
  it('are all that its realms name, those of each issuer too', () => {
    const serverTls = { caFile: 'ca', certificateFile: 'cert', keyFile: 'key' }
    const introspection = { endpoint: 'https://a.example', username: 'u', password: undefined, clientKeyFile: 'jwk' }
    const issuers = [
      { ...PLAIN, jwksFile: 'keys', serverTls },
      { ...PLAIN, issuer: 'b', introspection },
    ]
    const model = { ...securityModelOfIssuers(issuers), fileRealms: [peopleRealm()] }
    assert.deepEqual(filesOf(model), ['/etc/guardbee/conf/realm.xml', 'keys', 'ca', 'cert', 'key', 'jwk'])
    assert.deepEqual(filesOf(securityModelFromSettings(PLAIN)), [])
  })

  it('make a realm another one when what is in them changes', async test => {
    const folder = await makeTemporaryFolder()
    test.after(() => folder.remove())
    const jwksFile = path.join(folder.path, 'keys.json')
    const model = securityModelOfIssuers([
      { ...PLAIN, jwksFile },
      { ...PLAIN, issuer: 'b' },
    ])
    const digests = async (): Promise<readonly unknown[]> => {
      const read: SecurityModel = await withFileDigests(model)
      return ownRealms(read.realms).map(({ filesDigest }) => filesDigest)
    }
    const gone = await digests()
    await writeFile(jwksFile, 'one')
    const one = await digests()
    assert.deepEqual(await digests(), one)
    await writeFile(jwksFile, 'two')
    const two = await digests()
    await rm(jwksFile)
    assert.deepEqual(await digests(), gone)
    assert.equal(new Set([gone[0], one[0], two[0]]).size, 3)
    assert.deepEqual([gone[1], one[1], two[1]], [undefined, undefined, undefined])
  })
})
