import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { generate } from 'mqtt-packet'
import type { IAuthPacket } from 'mqtt-packet'
import { startAuthorizationServer } from '../support/authorization-server.ts'
import { freePort } from '../support/free-port.ts'
import { runGuardbee, startGuardbee } from '../support/guardbee-process.ts'
import { connectClient } from '../support/mqtt-clients.ts'
import { Teardown } from '../support/teardown.ts'
import { waitFor } from '../support/wait-for.ts'
import type { AuthorizationServer, AuthorizationServerOptions } from '../support/authorization-server.ts'
import type { GuardbeeProcess, GuardbeeSettings } from '../support/guardbee-process.ts'
import type { TestClient } from '../support/mqtt-clients.ts'

const ADMIN_TOKEN = 'an-admin-secret-of-a-test'
const METHOD = 'OAUTH2-JWT'

describe('the life of a token', { timeout: 120_000 }, () => {
  const teardown = new Teardown()
  let server: AuthorizationServer
  let guardbee: GuardbeeProcess

  afterEach(() => teardown.run())

  async function start(options: AuthorizationServerOptions, settings: GuardbeeSettings = {}): Promise<void> {
    server = teardown.add(await startAuthorizationServer(options), opened => opened.close())
    const usual = { GUARDBEE_JWT_ISSUER: server.issuer, GUARDBEE_JWT_AUDIENCE: server.audience }
    guardbee = teardown.add(await startGuardbee({ ...usual, ...settings }), opened => opened.destroy())
  }

  function connect(clientId: string, token: string, byAuthenticationData = false): Promise<TestClient> {
    const properties = { authenticationMethod: METHOD, authenticationData: Buffer.from(token) }
    const who = byAuthenticationData ? { options: { password: '', properties } } : {}
    return connectClient(guardbee.listenerUrl('mqtt').href, { clientId, token, ...who })
  }

  function introspection(mode: string): GuardbeeSettings {
    return {
      GUARDBEE_JWT_INTROSPECTION: mode,
      GUARDBEE_JWT_INTROSPECTION_CLIENT_ID: 'service-app',
      GUARDBEE_JWT_INTROSPECTION_CLIENT_SECRET: 'service-app-secret',
    }
  }

  it('begins with nothing but the issuer configured, and ends the connection with the token', async () => {
    await start({})
    const token = await server.mint({ claims: { exp: Math.floor(Date.now() / 1000) + 3 } })
    const client = await connect('c', token)
    await waitFor('the end of the connection', () => client.isClosed())
    assert.equal(client.disconnectReason(), 0xa0)
  })

  it('ends over WebSocket too, and nothing that is published after it is delivered', async () => {
    await start({}, { GUARDBEE_WORKERS: '1' })
    const subscriber = await connect('subscriber', await server.mint())
    await subscriber.client.subscribeAsync('t')
    const exp = Math.floor(Date.now() / 1000) + 6
    const token = await server.mint({ claims: { exp } })
    const publisher = await connectClient(guardbee.listenerUrl('ws').href, { clientId: 'publisher', token })
    const publishing = setInterval(() => {
      if (!publisher.isClosed()) publisher.client.publish('t', String(Date.now()))
    }, 5)
    teardown.add(publishing, timer => Promise.resolve(clearInterval(timer)))
    await waitFor('the end of the connection', () => publisher.isClosed())
    assert.equal(publisher.disconnectReason(), 0xa0)
    await subscriber.client.publishAsync('t', 'behind them', { qos: 1 })
    await subscriber.waitForMessage('a message behind them', ({ payload }) => payload === 'behind them')
    const sentAtMs = Number(subscriber.messages.at(-2)?.payload)
    assert.ok(sentAtMs > exp * 1000 - 1000 && sentAtMs < exp * 1000, `the last was sent at ${sentAtMs}, exp is ${exp}`)
    await subscriber.client.endAsync()
  })

  it('of an opaque token is what the authorization server says, asked once for both workers', async () => {
    await start({ format: 'opaque' }, introspection('only'))
    const token = await server.requestToken()
    for (let number = 0; number < 10; number++) {
      const client = await connect(`c${number}`, token)
      await client.client.endAsync()
    }
    assert.equal(server.requests.introspect, 1)
    await assert.rejects(connect('bad', `${token}x`))
    await guardbee.waitForEvent('client refused', fields => fields['cause'] === 'token_inactive')
    assert.ok(!(await guardbee.allOutput()).includes(token))
  })

  it('ends at the authorization server too, where that is asked after verification', async () => {
    await start({}, { ...introspection('after-verification'), GUARDBEE_JWT_INTROSPECTION_CACHE_SECONDS: '1' })
    const token = await server.requestToken()
    await (await connect('c', token)).client.endAsync()
    const basic = Buffer.from(`${server.clientId}:${server.clientSecret}`).toString('base64')
    const body = new URLSearchParams({ token })
    await fetch(`${server.issuer}/v1/revoke`, { method: 'POST', headers: { authorization: `Basic ${basic}` }, body })
    await waitFor('the refusal', async () => {
      try {
        await (await connect('c', token)).client.endAsync()
        return false
      } catch {
        return true
      }
    })
    await guardbee.waitForEvent('client refused', fields => fields['cause'] === 'token_inactive')
  })

  it('ends with a revocation within a second, on every worker, and no other does', async () => {
    const port = String(await freePort())
    const settings = { GUARDBEE_ADMIN_PORT: port, GUARDBEE_ADMIN_TOKEN: ADMIN_TOKEN }
    await start({}, settings)
    const token = await server.mint({ claims: { sub: 'a' } })
    const clients = await Promise.all(Array.from({ length: 10 }, (_, number) => connect(`a${number}`, token)))
    const other = await connect('b', await server.mint({ claims: { sub: 'b' } }))
    const { status, stderr } = await runGuardbee(['revoke', '--sub', 'a', '--issuer', server.issuer], settings)
    const saidAtMs = Date.now()
    assert.equal(status, 0, stderr)
    await waitFor('the end of the connections', () => clients.every(client => client.isClosed()))
    assert.ok(Date.now() - saidAtMs < 1000)
    for (const client of clients) assert.equal(client.disconnectReason(), 0x87)
    for (let number = 0; number < 4; number++) await assert.rejects(connect(`again${number}`, token))
    await guardbee.waitForEvent('client refused', fields => fields['cause'] === 'token_revoked')
    assert.equal(other.isClosed(), false)
    await other.client.endAsync()
  })

  it('goes on with another token that the client shows on its open connection', async () => {
    await start({})
    const lifetime = (seconds: number): object => ({ claims: { exp: Math.floor(Date.now() / 1000) + seconds } })
    const client = await connect('c', await server.mint(lifetime(4)), true)
    const answers: IAuthPacket[] = []
    client.client.on('packetreceive', packet => {
      if (packet.cmd === 'auth') answers.push(packet)
    })
    const show = async (token: string): Promise<void> => {
      const properties = { authenticationMethod: METHOD, authenticationData: Buffer.from(token) }
      client.client.stream.write(generate({ cmd: 'auth', reasonCode: 0x19, properties }, { protocolVersion: 5 }))
    }
    await show(await server.mint(lifetime(60)))
    assert.equal((await waitFor('the answer', () => answers[0])).reasonCode, 0)
    const later = Date.now() + 5_500
    await waitFor('the end of the first token', () => Date.now() > later)
    assert.equal(client.isClosed(), false)
    await show(await server.mint({ claims: { sub: 'somebody else' } }))
    await waitFor('the end of the connection', () => client.isClosed())
    assert.equal(client.disconnectReason(), 0x87)
  })
})
