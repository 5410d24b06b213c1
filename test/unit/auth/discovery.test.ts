import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { discoverIssuer } from '../../../src/auth/discovery.ts'
import { startAuthorizationServer } from '../../support/authorization-server.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { waitFor } from '../../support/wait-for.ts'

const OPENID = '/.well-known/openid-configuration'
const OAUTH = '/.well-known/oauth-authorization-server'

interface Server {
  readonly origin: string
  readonly asked: string[]
}

/** A server on loopback that ends with the test. */
async function serve(test: TestContext, answer: RequestListener): Promise<Server> {
  const asked: string[] = []
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    asked.push(request.url ?? '')
    answer(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  test.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  assert(typeof address === 'object' && address !== null)
  return { origin: `http://127.0.0.1:${address.port}`, asked }
}

/** Serves each document at its path, as JSON that says it is text; anything else is not there. */
async function serveDocuments(
  test: TestContext,
  documents: (origin: string) => Readonly<Record<string, unknown>>,
): Promise<Server> {
  const server: Server = await serve(test, (request, response) => {
    const document = documents(server.origin)[request.url ?? '']
    response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'text/plain' })
    response.end(typeof document === 'string' ? document : JSON.stringify(document ?? {}))
  })
  return server
}

async function discover(issuer: string, clock = new FakeClock()): Promise<string | undefined> {
  return (await discoverIssuer(issuer, { clock, wanted: ['jwks_uri'] })).jwksUri
}

describe('discoverIssuer', () => {
  it('reads the OpenID metadata first', async test => {
    const { origin, asked } = await serveDocuments(test, self => ({
      [`/realms/a${OPENID}`]: { issuer: `${self}/realms/a`, jwks_uri: `${self}/realms/a/keys` },
    }))
    assert.equal(await discover(`${origin}/realms/a`), `${origin}/realms/a/keys`)
    assert.deepEqual(asked, [`/realms/a${OPENID}`])
  })

  it('then the OAuth metadata behind the path of the issuer, then before it', async test => {
    const { origin, asked } = await serveDocuments(test, self => ({
      [`${OAUTH}/realms/a`]: { issuer: `${self}/realms/a`, jwks_uri: `${self}/keys` },
    }))
    assert.equal(await discover(`${origin}/realms/a`), `${origin}/keys`)
    assert.deepEqual(asked, [`/realms/a${OPENID}`, `/realms/a${OAUTH}`, `${OAUTH}/realms/a`])
  })

  it('asks an issuer without a path at two addresses, and names each with its fault', async test => {
    const { origin, asked } = await serveDocuments(test, () => ({ [OPENID]: 'no JSON' }))
    await assert.rejects(discover(origin), {
      code: 'KEY_SET_UNAVAILABLE',
      message: `no metadata of issuer ${origin}\n${origin}${OPENID}: the answer is not a JSON object\n${origin}${OAUTH}: status 404`,
    })
    assert.deepEqual(asked, [OPENID, OAUTH])
  })

  it('drops the slash at the end of the issuer from the address, but not from the comparison', async test => {
    const { origin } = await serveDocuments(test, self => ({
      [OPENID]: { issuer: `${self}/`, jwks_uri: `${self}/keys` },
    }))
    assert.equal(await discover(`${origin}/`), `${origin}/keys`)
    await assert.rejects(discover(origin), /the slash at the end differs/)
  })

  it('refuses metadata of another issuer', async test => {
    const { origin } = await serveDocuments(test, self => ({
      [OPENID]: { issuer: 'https://evil.example\n', jwks_uri: `${self}/keys` },
      [OAUTH]: { jwks_uri: `${self}/keys` },
    }))
    await assert.rejects(discover(origin), (error: Error) => {
      assert.match(error.message, /the document is of issuer "https:\/\/evil\.example\\u000a"\n/)
      assert.match(error.message, /the document has no issuer$/)
      return true
    })
  })

  it('refuses a jwks_uri that is missing or no http address', async test => {
    const { origin } = await serveDocuments(test, self => ({
      [OPENID]: { issuer: self },
      [OAUTH]: { issuer: self, jwks_uri: 'file:///etc/passwd' },
    }))
    await assert.rejects(discover(origin), /has no jwks_uri\n.*jwks_uri: expected an http or https URL$/)
  })

  it('takes a document only where it names every endpoint that is wanted', async test => {
    const { origin } = await serveDocuments(test, self => ({
      [OPENID]: { issuer: self, jwks_uri: `${self}/keys` },
      [OAUTH]: {
        issuer: self,
        introspection_endpoint: `${self}/introspect`,
        mtls_endpoint_aliases: { introspection_endpoint: `${self}/mtls/introspect` },
      },
    }))
    const wanted = ['introspection_endpoint'] as const
    assert.deepEqual(await discoverIssuer(origin, { clock: new FakeClock(), wanted }), {
      jwksUri: undefined,
      introspectionEndpoint: `${origin}/introspect`,
      mtlsIntrospectionEndpoint: `${origin}/mtls/introspect`,
    })
    const both = discoverIssuer(origin, { clock: new FakeClock(), wanted: ['jwks_uri', 'introspection_endpoint'] })
    await assert.rejects(both, /has no introspection_endpoint\n.*has no jwks_uri$/)
  })

  it('finds keys and introspection of a real authorization server by its issuer alone', async test => {
    const server = await startAuthorizationServer()
    test.after(() => server.close())
    const found = await discoverIssuer(server.issuer, {
      clock: new FakeClock(),
      wanted: ['jwks_uri', 'introspection_endpoint'],
    })
    assert.equal(found.jwksUri, server.keysUri)
    assert.equal(found.introspectionEndpoint, `${server.issuer}/v1/introspect`)
  })

  it('refuses plain http for the keys of an https issuer', async () => {
    const issuer = 'https://id.example'
    const fetch = async (): Promise<Response> => Response.json({ issuer, jwks_uri: 'http://id.example/keys' })
    await assert.rejects(
      discoverIssuer(issuer, { clock: new FakeClock(), wanted: ['jwks_uri'], fetch }),
      /expected https, like the issuer/,
    )
  })

  it('follows no redirect', async test => {
    const { origin, asked } = await serve(test, (_, response) => response.writeHead(302, { location: '/x' }).end())
    await assert.rejects(discover(origin), /status 302: redirects are refused/)
    assert(!asked.includes('/x'))
  })

  it('reads no more than 256 KiB', async test => {
    const { origin } = await serve(test, (_, response) => response.end('x'.repeat(300 * 1024)))
    await assert.rejects(discover(origin), /the answer is larger than 262144 bytes/)
  })

  it('waits 5 seconds for an answer, its body included', async test => {
    const clock = new FakeClock()
    const { origin, asked } = await serve(test, (_, response) => response.write('{'))
    const found = discover(origin, clock)
    const rejected = assert.rejects(found, /no answer within 5000 ms\n.*no answer within 5000 ms$/)
    for (const requests of [1, 2]) {
      await waitFor(`request ${requests}`, () => asked.length === requests && clock.pendingTimers === 1)
      assert.equal(clock.nextTimerMs, 5000)
      clock.advance(5000)
    }
    await rejected
    assert.equal(clock.pendingTimers, 0)
  })

  it('says when nobody listens', async test => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    assert(typeof address === 'object' && address !== null)
    server.close()
    test.after(() => server.closeAllConnections())
    await assert.rejects(discover(`http://127.0.0.1:${address.port}`), /ECONNREFUSED/)
  })

  it('refuses issuers that can have no metadata, without repeating a password', async () => {
    for (const issuer of ['id.example', 'ftp://id.example', 'https://id.example?a', 'https://id.example#a']) {
      await assert.rejects(discover(issuer), { code: 'CONFIGURATION' })
    }
    await assert.rejects(discover('https://u:hunter2@id.example'), (error: Error) => !error.message.includes('hunter2'))
  })
})
