import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { exportJWK, generateKeyPair, jwtVerify } from 'jose'
import { IntrospectionSource } from '../../../src/auth/introspection-source.ts'
import type { IntrospectionModel, IssuerModel, JwtRealmModel } from '../../../src/auth/security-model.ts'
import { startAuthorizationServer, type AuthorizationServer } from '../../support/authorization-server.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLog } from '../../support/recording-log.ts'
import { rules } from './token-fixtures.ts'

interface Endpoint {
  readonly url: string
  readonly forms: URLSearchParams[]
  readonly authorizations: (string | undefined)[]
}

/** An introspection endpoint that notes what it was sent and answers always the same. */
async function serve(
  test: TestContext,
  body: string,
  contentType = 'application/json',
  status = 200,
): Promise<Endpoint> {
  const forms: URLSearchParams[] = []
  const authorizations: (string | undefined)[] = []
  const server = createServer((request, response) => {
    void text(request).then(form => {
      forms.push(new URLSearchParams(form))
      authorizations.push(request.headers.authorization)
      response.writeHead(status, { 'content-type': contentType, location: '/elsewhere' }).end(body)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  test.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  assert(typeof address === 'object' && address !== null)
  return { url: `http://127.0.0.1:${address.port}/introspect`, forms, authorizations }
}

function sourceOf(test: TestContext, introspection: IntrospectionModel, log = new RecordingLog()): IntrospectionSource {
  const realm = { kind: 'jwt', name: 'r', jwksUri: '', jwksDefaultCacheSeconds: 1800, introspection } as const
  const source = new IntrospectionSource({ realms: [realm], clock: new FakeClock(Date.now()), log })
  test.after(() => source.close())
  return source
}

async function startServer(test: TestContext, format: 'jwt' | 'opaque'): Promise<AuthorizationServer> {
  const server = await startAuthorizationServer({ format })
  test.after(() => server.close())
  return server
}

function clientOf(server: AuthorizationServer, password = server.clientSecret): IntrospectionModel {
  return { endpoint: `${server.issuer}/v1/introspect`, username: server.clientId, password }
}

describe('introspection against a real authorization server', () => {
  it('tells active JWTs from others, once for each', async test => {
    const server = await startServer(test, 'jwt')
    const source = sourceOf(test, clientOf(server))
    const token = await server.requestToken()
    const answer = await source.ask('r', token)
    assert.ok(answer.kind === 'active')
    assert.equal(answer.claims['iss'], server.issuer)
    assert.ok(!('active' in answer.claims))
    assert.equal((await source.ask('r', `${token}x`)).kind, 'inactive')
    await source.ask('r', token)
    assert.equal(server.requests.introspect, 2)
    assert.equal(source.requests, 2)
    assert.equal((await source.ask('other realm', token)).kind, 'unavailable')
  })

  it('reads opaque tokens', async test => {
    const server = await startServer(test, 'opaque')
    const source = sourceOf(test, clientOf(server))
    const token = await server.requestToken()
    assert.ok(!token.includes('.'))
    const answer = await source.ask('r', token)
    assert.ok(answer.kind === 'active')
    assert.equal(answer.claims['client_id'], server.clientId)
  })

  it('gets no answer with a wrong secret, and says so without it or the token', async test => {
    const server = await startServer(test, 'jwt')
    const log = new RecordingLog()
    const source = sourceOf(test, clientOf(server, 'hunter2'), log)
    const token = await server.requestToken()
    assert.equal((await source.ask('r', token)).kind, 'unavailable')
    assert.equal(source.failures, 1)
    assert.match(String(log.entries[0]?.fields?.['cause']), /401: invalid_client/)
    assert.doesNotMatch(JSON.stringify(log.entries), new RegExp(`hunter2|${token}`))
  })
})

describe('introspection for another configuration', () => {
  const realm = (name: string, introspection: IntrospectionModel): JwtRealmModel => {
    return { kind: 'jwt', name, jwksUri: '', jwksDefaultCacheSeconds: 1800, introspection }
  }

  it('asks for realms that are new from when they are taken, and for those that are gone no more', async test => {
    const endpoint = await serve(test, '{"active":true}')
    const model = { endpoint: endpoint.url, username: 'b', password: 'p' }
    const source = sourceOf(test, model)
    await source.ask('r', 'token')
    const take = await source.prepare([realm('r', model), realm('new', { ...model, username: 'c' })])
    assert.equal((await source.ask('new', 'token')).kind, 'unavailable')
    take()
    assert.equal((await source.ask('new', 'token')).kind, 'active')
    await source.ask('r', 'token')
    assert.equal(source.requests, 2, 'what is known of a realm that has not changed is kept')
    source.retain([realm('new', model)])
    assert.equal((await source.ask('r', 'token')).kind, 'unavailable')
    assert.deepEqual([source.requests, endpoint.forms.length], [2, 2])
  })

  it('changes nothing where a private key cannot be used', async test => {
    const source = sourceOf(test, { endpoint: 'http://127.0.0.1:9', username: 'b', password: 'p' })
    const clientKeyFile = path.join(await mkdtemp(path.join(tmpdir(), 'guardbee-')), 'key.json')
    const wanted = realm('new', {
      endpoint: 'http://127.0.0.1:9',
      username: 'b',
      password: undefined,
      clientAuthentication: 'private-key-jwt',
      clientKeyFile,
    })
    const isNoKey = { code: 'CONFIGURATION', message: /key\.json has no private key that can be used/ }
    await assert.rejects(source.prepare([wanted]), isNoKey)
    await writeFile(clientKeyFile, '{"kty":"EC"}')
    await assert.rejects(source.prepare([wanted]), isNoKey)
  })
})

describe('introspection for several issuers', () => {
  it('asks the endpoint of the issuer whose token it is', async test => {
    const first = await serve(test, '{"active":true}')
    const second = await serve(test, '{"active":false}')
    const issuer = (name: string, endpoint: string): IssuerModel => {
      const introspection = { endpoint, username: 'b', password: 'p' }
      const realm = { kind: 'jwt', name, jwksUri: '', jwksDefaultCacheSeconds: 1800, introspection } as const
      return { realm, validation: rules() }
    }
    const issuers = [issuer('a', first.url), issuer('b', second.url)]
    const realm = { kind: 'jwt', name: 'default', jwksUri: '', jwksDefaultCacheSeconds: 1800 } as const
    const source = new IntrospectionSource({
      realms: [{ ...realm, introspection: undefined, issuers }],
      clock: new FakeClock(),
      log: new RecordingLog(),
    })
    assert.equal((await source.ask('a', 't')).kind, 'active')
    assert.equal((await source.ask('b', 't')).kind, 'inactive')
    assert.deepEqual([first.forms.length, second.forms.length], [1, 1])
  })
})

describe('the client authentication of introspection', () => {
  const active = '{"active":true}'

  it('encodes identifier and secret within Basic (RFC 6749 2.3.1)', async test => {
    const { url, authorizations, forms } = await serve(test, active)
    await sourceOf(test, { endpoint: url, username: 'a:b', password: 'p%:ä' }).ask('r', 'token')
    const basic = Buffer.from(authorizations[0]?.replace('Basic ', '') ?? '', 'base64').toString()
    assert.equal(basic, 'a%3Ab:p%25%3A%C3%A4')
    assert.equal(forms[0]?.get('token'), 'token')
    assert.equal(forms[0].get('token_type_hint'), 'access_token')
  })

  it('puts the secret into the form with post, and nothing with mtls', async test => {
    const { url, authorizations, forms } = await serve(test, active)
    await sourceOf(test, { endpoint: url, username: 'b', password: 'p', clientAuthentication: 'post' }).ask('r', 't')
    await sourceOf(test, { endpoint: url, username: 'b', password: undefined, clientAuthentication: 'mtls' }).ask(
      'r',
      't',
    )
    assert.deepEqual(authorizations, [undefined, undefined])
    assert.deepEqual(
      forms.map(form => [form.get('client_id'), form.get('client_secret')]),
      [
        ['b', 'p'],
        ['b', null],
      ],
    )
  })

  it('signs an assertion made out to the issuer with private-key-jwt', async test => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
    const clientKeyFile = path.join(await mkdtemp(path.join(tmpdir(), 'guardbee-')), 'key.json')
    await writeFile(clientKeyFile, JSON.stringify({ ...(await exportJWK(privateKey)), alg: 'ES256', kid: 'k' }))
    const { url, forms } = await serve(test, active)
    const model = { endpoint: url, username: 'b', password: undefined, issuer: 'https://as.example', clientKeyFile }
    const source = sourceOf(test, { ...model, clientAuthentication: 'private-key-jwt' })
    assert.equal((await source.ask('r', 't')).kind, 'active')
    const assertion = forms[0]?.get('client_assertion') ?? ''
    const { payload, protectedHeader } = await jwtVerify(assertion, publicKey, { audience: 'https://as.example' })
    assert.equal(payload.sub, 'b')
    assert.equal(protectedHeader.kid, 'k')
  })
})

describe('an answer of an introspection endpoint', () => {
  for (const [what, body, contentType, status] of [
    ['is no boolean', '{"active":"true"}', 'application/json', 200],
    ['is missing', '{}', 'application/json', 200],
    ['is no JSON', 'active', 'application/json', 200],
    ['is a list', '[{"active":true}]', 'application/json', 200],
    ['redirects', '{"active":true}', 'application/json', 302],
    ['is an error', '{"active":true}', 'application/json', 500],
    ['is too large', `{"active":true,"x":"${'x'.repeat(64 * 1024)}"}`, 'application/json', 200],
  ] as const) {
    it(`that ${what} is none`, async test => {
      const { url } = await serve(test, body, contentType, status)
      const source = sourceOf(test, { endpoint: url, username: 'b', password: 'p' })
      assert.equal((await source.ask('r', 't')).kind, 'unavailable')
    })
  }

  it('is taken whatever media type it says it has', async test => {
    const { url } = await serve(test, '{"active":true,"sub":"a"}', 'text/html')
    const answer = await sourceOf(test, { endpoint: url, username: undefined, password: undefined }).ask('r', 't')
    assert.deepEqual(answer, { kind: 'active', claims: { sub: 'a' } })
  })
})
