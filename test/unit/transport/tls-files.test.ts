import assert from 'node:assert/strict'
import { mkdir, rm, symlink, unlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { BrokerError } from '../../../src/core/errors.ts'
import type { TlsFiles } from '../../../src/transport/tls-files.ts'
import { fingerprint, readTlsFiles } from '../../../src/transport/tls-files.ts'
import { makeTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts'
import { TestAuthority } from '../../support/test-certificates.ts'
import { writeAuthority, writeCertificate, writeTlsFiles } from '../../support/test-tls.ts'

const authority = TestAuthority.root()

describe('readTlsFiles', () => {
  let folder: TemporaryFolder
  let files: TlsFiles

  beforeEach(async () => {
    folder = await makeTemporaryFolder()
    files = await writeTlsFiles(folder.path, authority)
  })

  afterEach(() => folder.remove())

  async function sniDir(): Promise<string> {
    const sni = path.join(folder.path, 'sni')
    await mkdir(sni)
    return sni
  }

  it('gives certificate, key and the DNS names of the certificate', async () => {
    const { standard, byServerName, clientAuthorities } = await readTlsFiles(files)
    assert.match(standard.certificate, /^-----BEGIN CERTIFICATE-----/)
    assert.match(standard.key, /^-----BEGIN PRIVATE KEY-----/)
    assert.deepEqual(standard.serverNames, ['localhost'])
    assert.equal(byServerName, undefined)
    assert.equal(clientAuthorities, undefined)
  })

  it('gives every pair of the folder, in the order of the names, and what clients are verified by', async () => {
    const sni = await sniDir()
    await writeCertificate(sni, 'b', authority.issue({ commonName: 'b', dnsNames: ['B.test', '*.b.test'] }))
    await writeCertificate(sni, 'a', authority.issue({ commonName: 'a', dnsNames: ['a.test'] }))
    await writeFile(path.join(sni, 'README'), 'not a certificate')
    const clientCaFile = await writeAuthority(folder.path, 'ca', authority)
    const { byServerName, clientAuthorities } = await readTlsFiles({ ...files, sniDir: sni, clientCaFile })
    assert.deepEqual(
      byServerName?.map(({ serverNames }) => serverNames),
      [['a.test'], ['b.test', '*.b.test']],
    )
    assert.deepEqual(clientAuthorities, { file: clientCaFile, certificates: authority.certificate })
  })

  for (const [what, spoil, expected] of [
    ['a missing certificate', ({ certificateFile }) => unlink(certificateFile), /broker\.crt cannot be read/],
    ['a missing key', ({ keyFile }) => unlink(keyFile), /broker\.key cannot be read/],
    ['no certificate', ({ certificateFile }) => writeFile(certificateFile, 'x'), /broker\.crt does not hold a cert/],
    ['no key', ({ keyFile }) => writeFile(keyFile, 'x'), /broker\.key does not hold the key of .*broker\.crt/],
    ['a huge file', ({ keyFile }) => writeFile(keyFile, Buffer.alloc(1024 * 1024 + 1)), /broker\.key is larger/],
  ] as const satisfies readonly (readonly [string, (files: TlsFiles) => Promise<void>, RegExp])[]) {
    it(`names the file at fault: ${what}`, async () => {
      await spoil(files)
      await assert.rejects(readTlsFiles(files), isConfiguration(expected))
    })
  }

  it('names the key that belongs to another certificate, and does not show it', async () => {
    const other = authority.issue({ commonName: 'other' })
    await writeFile(files.keyFile, other.key)
    await assert.rejects(readTlsFiles(files), error => {
      assert.ok(!JSON.stringify(error, Object.getOwnPropertyNames(error)).includes('PRIVATE KEY'))
      return isConfiguration(/broker\.key does not hold the key of/)(error)
    })
  })

  it('names a certificate of the folder that no client could ask for, and one without its key', async () => {
    const sni = await sniDir()
    const { keyFile } = await writeCertificate(sni, 'nameless', authority.issue({ commonName: 'nameless' }))
    await assert.rejects(readTlsFiles({ ...files, sniDir: sni }), isConfiguration(/nameless\.crt names no DNS name/))
    await unlink(keyFile)
    await assert.rejects(readTlsFiles({ ...files, sniDir: sni }), isConfiguration(/nameless\.key cannot be read/))
  })

  it('names a folder or a file of authorities that cannot be read', async () => {
    const missing = path.join(folder.path, 'missing')
    await assert.rejects(readTlsFiles({ ...files, sniDir: missing }), isConfiguration(/folder .*missing cannot be/))
    await assert.rejects(readTlsFiles({ ...files, clientCaFile: missing }), isConfiguration(/missing cannot be read/))
  })

  it('the fingerprint changes with each file, and does not without a change', async () => {
    const sni = await sniDir()
    const all = { ...files, sniDir: sni, clientCaFile: await writeAuthority(folder.path, 'ca', authority) }
    const seen = [await fingerprint(all)]
    assert.equal(await fingerprint(all), seen[0])
    for (const change of [
      () => writeFile(files.keyFile, 'another length'),
      () => unlink(files.certificateFile),
      () => writeAuthority(folder.path, 'ca', TestAuthority.root('a longer name')),
      () => writeCertificate(sni, 'new', authority.issue({ commonName: 'new', dnsNames: ['new.test'] })),
      () => rm(sni, { recursive: true }),
    ]) {
      await change()
      seen.push(await fingerprint(all))
    }
    assert.equal(new Set(seen).size, seen.length)
  })

  it('the fingerprint changes when a link above the files leads elsewhere', async () => {
    const link = path.join(folder.path, 'current')
    const releases = ['one', 'two'].map(name => path.join(folder.path, name))
    for (const release of releases) {
      await mkdir(release)
      await writeTlsFiles(release, authority)
    }
    const linked = { ...files, certificateFile: path.join(link, 'broker.crt'), keyFile: path.join(link, 'broker.key') }
    const seen: string[] = []
    for (const release of releases) {
      await rm(link, { force: true })
      await symlink(release, link)
      seen.push(await fingerprint(linked))
    }
    assert.notEqual(seen[0], seen[1])
  })
})

function isConfiguration(expected: RegExp): (error: unknown) => boolean {
  return error => {
    assert.ok(error instanceof BrokerError)
    assert.equal(error.code, 'CONFIGURATION')
    assert.match(error.message, expected)
    return true
  }
}
