import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { startAuthorizationServer } from '../support/authorization-server.ts'
import { startGuardbee } from '../support/guardbee-process.ts'
import { jwtSettings } from '../support/jwt-settings.ts'
import { encodeConnect } from '../support/raw-connect.ts'
import { Teardown } from '../support/teardown.ts'
import { waitFor, within } from '../support/wait-for.ts'
import type { Socket } from 'node:net'
import type { AuthorizationServer } from '../support/authorization-server.ts'
import type { GuardbeeProcess } from '../support/guardbee-process.ts'
import type { SigningKeys } from '../support/signing-keys.ts'

const CLIENTS = 2000
/** Clients that are in when the keys are rotated. */
const IN_BEFORE_ROTATION = 300
const KEY_REQUESTS_MAX = 6
const STORM_MS_MAX = 60_000

interface StormClient {
  readonly socket: Socket
  readonly answered: Promise<void>
  code: number | undefined
  latencyMs: number
}

describe('connect storm: 2,000 clients, each with a token of its own, and a key rotation among them', {
  timeout: 180_000,
}, () => {
  const teardown = new Teardown()
  let server: AuthorizationServer
  let guardbee: GuardbeeProcess
  const clients: StormClient[] = []

  before(async () => {
    server = teardown.add(await startAuthorizationServer(), opened => opened.close())
    guardbee = teardown.add(await startGuardbee(jwtSettings(server)), opened => opened.destroy())
  })

  after(async () => {
    for (const { socket } of clients) socket.destroy()
    await teardown.run()
  })

  it('lets all of them in, those with tokens from before and from after the rotation', async test => {
    const oldKeys = server.keys
    const newKeys = await server.prepareKeys()
    const [early, late, newest] = await Promise.all([
      mintConnects('early', CLIENTS / 4, oldKeys),
      mintConnects('late', CLIENTS / 4, oldKeys),
      mintConnects('newest', CLIENTS / 2, newKeys),
    ])
    const port = guardbee.mqttPort

    const startMs = performance.now()
    for (const packet of early) clients.push(openClient(port, packet))
    await waitFor('the first clients to be in', () => answeredClients(clients) >= IN_BEFORE_ROTATION)
    server.rotate(newKeys)
    for (const packet of interleaved(late, newest)) clients.push(openClient(port, packet))
    await within('all clients to be answered', Promise.all(clients.map(({ answered }) => answered)), STORM_MS_MAX)
    const seconds = (performance.now() - startMs) / 1000

    assert.equal(clients.length, CLIENTS)
    assert.deepEqual(new Set(clients.map(({ code }) => code)), new Set([0]))
    assert.ok(clients.every(({ socket }) => !socket.destroyed))
    const rate = Math.round(CLIENTS / seconds)
    test.diagnostic(`connects per second: ${rate}, p99 of the time to CONNACK: ${percentile(clients, 0.99)} ms`)
  })

  it('asked the key server a handful of times', test => {
    test.diagnostic(`requests for the key set: ${server.requests.keys}`)
    assert.ok(server.requests.keys <= KEY_REQUESTS_MAX, `${server.requests.keys} requests`)
  })

  it('lets in a client whose key is known while the key server is down', async () => {
    server.faults.keysStatus = 503
    const packet = encodeConnect({ clientId: 'in-the-outage', username: 'token-user', password: await server.mint() })
    const client = openClient(guardbee.mqttPort, packet)
    clients.push(client)
    await within('the answer', client.answered)
    assert.equal(client.code, 0)
  })

  it('keeps all of them', async () => {
    await Promise.all(clients.map(({ socket }) => ping(socket)))
  })

  // Half of the tokens are signed with RS256 and half with ES256; half of the clients speak 3.1.1 and half 5.
  function mintConnects(name: string, count: number, keys: SigningKeys): Promise<readonly Buffer[]> {
    const packets = Array.from({ length: count }, async (_, index) => {
      const algorithm = index % 2 === 0 ? 'RS256' : 'ES256'
      const password = await server.mint({ algorithm, keys, claims: { sub: `${name}-${index}` } })
      const version = index % 4 < 2 ? 4 : 5
      return encodeConnect({ clientId: `${name}-${index}`, username: 'token-user', password, version })
    })
    return Promise.all(packets)
  }
})

function openClient(port: number, packet: Buffer): StormClient {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect(port, '127.0.0.1')
  const client: StormClient = { socket, answered: promise, code: undefined, latencyMs: 0 }
  const startMs = performance.now()
  socket.write(packet)
  socket.once('data', (bytes: Buffer) => {
    client.latencyMs = performance.now() - startMs
    client.code = bytes[3] // fixed header, a length of one byte, acknowledge flags, then the code (v5 3.2)
    resolve()
  })
  socket.on('error', reject)
  socket.on('close', () => reject(new Error('closed without an answer')))
  promise.catch(() => {}) // the storm looks at all of them together
  return client
}

function answeredClients(clients: readonly StormClient[]): number {
  return clients.filter(({ code }) => code !== undefined).length
}

function interleaved(some: readonly Buffer[], others: readonly Buffer[]): readonly Buffer[] {
  const perOne = others.length / some.length
  return some.flatMap((packet, index) => [packet, ...others.slice(index * perOne, (index + 1) * perOne)])
}

function percentile(clients: readonly StormClient[], fraction: number): number {
  const sorted = clients.map(({ latencyMs }) => latencyMs).toSorted((a, b) => a - b)
  return Math.round(sorted[Math.ceil(sorted.length * fraction) - 1] ?? 0)
}

async function ping(socket: Socket): Promise<void> {
  const answered = new Promise<void>((resolve, reject) => {
    socket.once('data', (bytes: Buffer) => (bytes[0] === 0xd0 ? resolve() : reject(new Error('not a PINGRESP'))))
    socket.once('close', () => reject(new Error('closed')))
  })
  socket.write(Buffer.from([0xc0, 0]))
  await within('PINGRESP', answered)
}
