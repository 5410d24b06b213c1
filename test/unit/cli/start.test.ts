import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import { startCommand } from '../../../src/cli/start.ts'
import { BrokerError } from '../../../src/core/errors.ts'
import { waitFor } from '../../support/wait-for.ts'
import { RecordingContext } from './recording-context.ts'

const FREE_PORTS = { GUARDBEE_MQTT_PORT: '0', GUARDBEE_WS_PORT: '0', GUARDBEE_ADMIN_PORT: '0' }
const ISSUER = 'https://issuer.example/'
const KEYS = 'https://issuer.example/keys'
const FOUND = { jwksUri: KEYS, introspectionEndpoint: undefined, mtlsIntrospectionEndpoint: undefined }

function contextWith(environment: RecordingContext['environment']): RecordingContext {
  const context = new RecordingContext()
  context.environment = { ...FREE_PORTS, ...environment }
  return context
}

async function writeTemporary(text: string): Promise<string> {
  const file = path.join(await mkdtemp(path.join(tmpdir(), 'guardbee-')), 'issuers.json')
  await writeFile(file, text)
  return file
}

async function startAndEnd(context: RecordingContext): Promise<number> {
  const status = startCommand.run(context)
  await waitFor('the broker to be waited for', () => context.signals.subscribers === 1)
  context.broker.end(7)
  return await status
}

async function withBusyPort(use: (port: number) => Promise<void>): Promise<void> {
  const other = createServer().listen({ host: '127.0.0.1', port: 0, reusePort: true })
  await once(other, 'listening')
  const address = other.address()
  assert.ok(typeof address === 'object' && address !== null)
  try {
    await use(address.port)
  } finally {
    other.close()
  }
}

function busyText(port: number): RegExp {
  return new RegExp(`GUARDBEE_WS_PORT: port ${port} is in use .* 0 to take a free`)
}

describe('guardbee start', () => {
  it('stops with 2 and starts nothing when the variables are wrong', async () => {
    const context = contextWith({ GUARDBEE_MQTT_PORT: '70000' })
    assert.equal(await startCommand.run(context), 2)
    assert.match(context.terminal.complained, /GUARDBEE_MQTT_PORT: found "70000"/)
    assert.match(context.terminal.complained, /guardbee dev/)
    assert.deepEqual(context.started, [])
  })

  it('stops with 2 when the security file is wrong', async () => {
    const context = contextWith({ GUARDBEE_SECURITY_FILE: '/nowhere/ese.xml' })
    assert.equal(await startCommand.run(context), 2)
    assert.match(context.terminal.complained, /\/nowhere\/ese\.xml cannot be read/)
    assert.deepEqual(context.started, [])
  })

  it('makes the security model of the variables and ends with the status of the broker', async () => {
    const context = contextWith({
      GUARDBEE_JWT_ISSUER: ISSUER,
      GUARDBEE_JWT_JWKS_URI: KEYS,
      GUARDBEE_JWT_AUDIENCE: 'HiveMQ',
      GUARDBEE_JWT_SCOPE: 'mqtt',
      GUARDBEE_JWT_SCOPE_CLAIM: 'scp',
    })
    assert.equal(await startAndEnd(context), 7)
    const [started] = context.started
    const authentication = started?.security.pipelines[0]?.authentication
    assert.equal(started?.security.realms[0]?.jwksUri, KEYS)
    assert.ok(authentication?.kind === 'jwt')
    assert.deepEqual(authentication.validation.issuers, [ISSUER])
    assert.equal(authentication.validation.audience, 'HiveMQ')
    assert.deepEqual(authentication.validation.scope, { required: ['mqtt'], claim: 'scp' })
    assert.deepEqual(context.log.entries, [])
  })

  it('warns when tokens of any audience are let in', async () => {
    const context = contextWith({ GUARDBEE_JWT_ISSUER: ISSUER, GUARDBEE_JWT_JWKS_URI: KEYS })
    await startAndEnd(context)
    assert.deepEqual(
      context.log.entries.map(entry => `${entry.level} ${entry.event}`),
      ['warn tokens are accepted whatever their audience is'],
    )
  })

  it('asks the issuer for its keys, and again at growing intervals while it cannot answer', async () => {
    const context = contextWith({ GUARDBEE_JWT_ISSUER: ISSUER, GUARDBEE_JWT_AUDIENCE: 'HiveMQ' })
    const askedAtMs: number[] = []
    const startMs = context.clock.nowMs()
    context.discoverIssuer = issuer => {
      assert.equal(issuer, ISSUER)
      askedAtMs.push(context.clock.nowMs() - startMs)
      if (askedAtMs.length > 7) return Promise.resolve(FOUND)
      return Promise.reject(new BrokerError('KEY_SET_UNAVAILABLE', 'nobody there'))
    }
    const status = startCommand.run(context)
    for (let asked = 1; asked <= 7; asked++) {
      const waitMs = await waitFor(
        'the next try to be set',
        () => askedAtMs.length === asked && context.clock.nextTimerMs,
      )
      context.clock.advance(waitMs)
    }
    await waitFor('the broker to be waited for', () => context.signals.subscribers === 1)
    context.broker.end(0)
    assert.equal(await status, 0)
    assert.deepEqual(askedAtMs, [0, 1_000, 3_000, 7_000, 15_000, 31_000, 61_000, 91_000])
    assert.equal(context.log.entries.filter(entry => entry.level === 'warn').length, 7)
    assert.equal(context.started[0]?.security.realms[0]?.jwksUri, KEYS)
  })

  it('gives each issuer of the file its own keys and rules, and complains of all that is wrong with it', async () => {
    const file = await writeTemporary(
      JSON.stringify([
        { issuer: ISSUER, audience: 'a', preset: 'okta', scope: 'mqtt' },
        { issuer: 'https://other.example', jwks_uri: 'https://other.example/keys' },
      ]),
    )
    const environment = { GUARDBEE_JWT_ISSUERS_FILE: file, GUARDBEE_JWT_AUDIENCE: 'shared' }
    const context = contextWith(environment)
    context.discoverIssuer = issuer => {
      assert.equal(issuer, ISSUER)
      return Promise.resolve(FOUND)
    }
    assert.equal(await startAndEnd(context), 7)
    const issuers = context.started[0]?.security.realms[0]?.issuers
    assert.deepEqual(
      issuers?.map(({ realm, validation }) => [
        realm.name,
        realm.jwksUri,
        validation.audience,
        validation.scope?.claim,
      ]),
      [
        [ISSUER, KEYS, 'a', 'scp'],
        ['https://other.example', 'https://other.example/keys', 'shared', undefined],
      ],
    )
    const wrong = contextWith({ GUARDBEE_JWT_ISSUERS_FILE: await writeTemporary('[{"audiense": "a"}]') })
    assert.equal(await startCommand.run(wrong), 2)
    assert.match(wrong.terminal.complained, /FILE\[0\]\.audiense: is not a setting; did you mean GUARDBEE_JWT_AUDIENCE/)
    assert.match(wrong.terminal.complained, /FILE\[0\]\.issuer: expected exactly one issuer/)
  })

  it('looks the introspection endpoint up, by its certificate alias where it shows one', async () => {
    const context = contextWith({
      GUARDBEE_JWT_ISSUER: ISSUER,
      GUARDBEE_JWT_INTROSPECTION: 'only',
      GUARDBEE_JWT_INTROSPECTION_AUTH: 'basic',
      GUARDBEE_JWT_INTROSPECTION_CLIENT_ID: 'broker',
      GUARDBEE_JWT_INTROSPECTION_CLIENT_SECRET: 'secret',
    })
    context.discoverIssuer = (_, { wanted }) => {
      assert.deepEqual(wanted, ['introspection_endpoint'])
      return Promise.resolve({ ...FOUND, introspectionEndpoint: `${ISSUER}ask`, mtlsIntrospectionEndpoint: 'unused' })
    }
    await startAndEnd(context)
    const introspection = context.started[0]?.security.realms[0]?.introspection
    assert.equal(introspection?.endpoint, `${ISSUER}ask`)
    assert.equal(introspection.only, true)
    assert.equal(introspection.username, 'broker')
  })

  it('does not ask again an issuer that can have no metadata', async () => {
    const context = contextWith({ GUARDBEE_JWT_ISSUER: ISSUER })
    context.discoverIssuer = () => Promise.reject(new BrokerError('CONFIGURATION', 'has a query'))
    assert.equal(await startCommand.run(context), 2)
    assert.match(context.terminal.complained, /has a query/)
  })

  it('says which variable has a busy port and how to get round it', async () => {
    await withBusyPort(async port => {
      const context = contextWith({
        GUARDBEE_BIND_ADDRESS: '127.0.0.1',
        GUARDBEE_WS_PORT: String(port),
        GUARDBEE_JWT_ISSUER: ISSUER,
        GUARDBEE_JWT_JWKS_URI: KEYS,
      })
      assert.equal(await startCommand.run(context), 1)
      assert.match(context.terminal.complained, busyText(port))
    })
  })

  it('says everything at once: busy ports, and files that cannot be read', async () => {
    await withBusyPort(async port => {
      const context = contextWith({
        GUARDBEE_BIND_ADDRESS: '127.0.0.1',
        GUARDBEE_WS_PORT: String(port),
        GUARDBEE_SECURITY_FILE: '/nowhere/ese.xml',
        GUARDBEE_TLS_CERTIFICATE_FILE: '/nowhere/broker.crt',
        GUARDBEE_TLS_KEY_FILE: '/nowhere/broker.key',
      })
      assert.equal(await startCommand.run(context), 2)
      assert.match(context.terminal.complained, busyText(port))
      assert.match(context.terminal.complained, /ese\.xml cannot be read/)
      assert.match(context.terminal.complained, /broker\.(crt|key) cannot be read/)
    })
  })

  it('says why the broker could not start, causes and all, and ends with 1', async () => {
    const context = contextWith({ GUARDBEE_JWT_ISSUER: ISSUER, GUARDBEE_JWT_JWKS_URI: KEYS })
    context.startBroker = () => Promise.reject(new BrokerError('LISTENER', 'no port', { cause: new Error('EACCES') }))
    assert.equal(await startCommand.run(context), 1)
    assert.match(context.terminal.complained, /could not start: no port\n {2}because EACCES/)
  })

  it('ends in order with 1 when it is stopped while it still waits for the keys', async () => {
    const context = contextWith({ GUARDBEE_JWT_ISSUER: ISSUER, GUARDBEE_JWT_JWKS_URI: KEYS })
    context.startBroker = (_settings, _security, stop) =>
      new Promise((_, reject) => {
        stop.addEventListener('abort', () => reject(new BrokerError('STOPPED', 'stopped before it had started')))
      })
    const status = startCommand.run(context)
    await waitFor('the start to listen to signals', () => context.signals.subscribers === 1)
    context.signals.send()
    assert.equal(await status, 1)
    assert.match(context.terminal.complained, /stopped before it had started/)
    assert.equal(context.signals.subscribers, 0)
  })
})
