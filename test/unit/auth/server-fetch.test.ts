import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { before, describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { TLSSocket } from 'node:tls'
import { fetchKeys } from '../../../src/auth/jwks-fetch.ts'
import { serverFetch } from '../../../src/auth/server-fetch.ts'
import type { ServerTlsModel } from '../../../src/auth/security-model.ts'
import { TestAuthority } from '../../support/test-certificates.ts'

const authority = TestAuthority.root()
let folder: string
let tls: Required<ServerTlsModel>

/** An authorization server of a private CA that asks for a certificate and says whose it got. */
async function serve(test: TestContext, status = 200): Promise<string> {
  const { certificate, key } = authority.issue({ commonName: 'server', loopback: true })
  const options = { cert: certificate, key, ca: authority.certificate, requestCert: true, rejectUnauthorized: false }
  const server = createServer(options, (request, response) => {
    const { socket } = request
    const client = socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.subject : undefined
    response.writeHead(status, { location: '/elsewhere', 'content-type': 'application/json' })
    response.end(JSON.stringify({ keys: [], client: client ?? null, method: request.method }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  test.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  assert(typeof address === 'object' && address !== null)
  return `https://127.0.0.1:${address.port}/`
}

describe('reaching an authorization server', () => {
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'guardbee-'))
    const file = async (name: string, text: string): Promise<string> => {
      await writeFile(path.join(folder, name), text)
      return path.join(folder, name)
    }
    const broker = authority.issue({ commonName: 'broker' })
    tls = {
      caFile: await file('ca.pem', authority.certificate),
      certificateFile: await file('broker.pem', broker.certificate),
      keyFile: await file('broker.key', broker.key),
    }
  })

  it('trusts the CA of the file, and shows the certificate that is given', async test => {
    const url = await serve(test)
    const response = await serverFetch(tls)(url, { redirect: 'manual', method: 'POST', body: 'a=b' })
    assert.deepEqual(await response.json(), { keys: [], client: 'CN=broker', method: 'POST' })
    const anonymous = await serverFetch({ caFile: tls.caFile })(url, { redirect: 'manual' })
    assert.deepEqual(await anonymous.json(), { keys: [], client: null, method: 'GET' })
  })

  it('trusts nobody else, with or without the file', async test => {
    const url = await serve(test)
    await assert.rejects(serverFetch(undefined)(url, { redirect: 'manual' }))
    const other = path.join(folder, 'other.pem')
    await writeFile(other, TestAuthority.root('other').certificate)
    await assert.rejects(serverFetch({ caFile: other })(url, { redirect: 'manual' }))
  })

  it('follows no redirect and ends with its signal', async test => {
    const response = await serverFetch(tls)(await serve(test, 302), { redirect: 'manual' })
    assert.equal(response.status, 302)
    await response.body?.cancel()
    const url = await serve(test)
    await assert.rejects(serverFetch(tls)(url, { redirect: 'manual', signal: AbortSignal.abort() }))
  })

  it('fetches keys', async test => {
    const url = new URL(await serve(test))
    const { keys } = await fetchKeys(url, new AbortController().signal, serverFetch(tls))
    assert.deepEqual(keys, [])
  })

  it('refuses a certificate and a key that do not belong together', async () => {
    const keyFile = path.join(folder, 'other.key')
    await writeFile(keyFile, authority.issue({ commonName: 'other' }).key)
    const isRefused = { code: 'CONFIGURATION', message: /broker\.pem and .*other\.key cannot be used/ }
    assert.throws(() => serverFetch({ ...tls, keyFile }), isRefused)
  })

  it('names a file that cannot be read', () => {
    assert.throws(() => serverFetch({ caFile: path.join(folder, 'none.pem') }), { code: 'CONFIGURATION' })
  })
})
