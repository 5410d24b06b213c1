import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, it } from 'node:test'
import { nowMicroseconds } from '../../../../bench/load/clock.ts'
import type { StormPlan } from '../../../../bench/load/plan.ts'
import { StormRun } from '../../../../bench/load/storm-run.ts'
import { RelayServer } from './relay-server.ts'

const PLAN: Omit<StormPlan, 'addresses'> = {
  kind: 'storm',
  protocolVersion: 4,
  prefix: 's',
  tokens: [],
  yields: false,
  brokerPids: [],
  clients: 30,
  pace: { window: 7 },
  warmUpClients: 0,
  settleSeconds: 0.05,
  persistent: false,
  redisPort: undefined,
  twice: false,
  badShare: 0,
  bad: 'forged',
}

describe('StormRun', () => {
  it('connects every client once and times each', async () => {
    const server = new RelayServer(messages => messages)
    const run = new StormRun({ ...PLAN, addresses: [await server.listen()] })
    await run.prepare()
    const result = await run.measure(nowMicroseconds())
    run.close()
    server.close()
    assert.deepEqual([result.operations, result.failed, server.connects.length], [30, 0, 30])
    assert.ok(result.latencyMax > 0)
  })

  it('shows every token before when asked to, and counts only the second visit', async () => {
    const server = new RelayServer(messages => messages)
    const tokens = Array.from({ length: 30 }, (_, index) => `token-${index}`)
    const run = new StormRun({ ...PLAN, tokens, twice: true, addresses: [await server.listen()] })
    await run.prepare()
    const result = await run.measure(nowMicroseconds())
    run.close()
    server.close()
    assert.equal(result.operations, 30)
    const passwords = server.connects.map(({ password }) => password)
    assert.deepEqual(new Set(passwords.slice(0, 30)), new Set(passwords.slice(30)))
    assert.equal(new Set(passwords).size, 30)
  })

  it('lets others come and go before, with tokens of their own, and does not count them', async () => {
    const server = new RelayServer(messages => messages)
    const tokens = Array.from({ length: 40 }, (_, index) => `token-${index}`)
    const run = new StormRun({ ...PLAN, tokens, warmUpClients: 10, addresses: [await server.listen()] })
    await run.prepare()
    const warmUp = server.connects.map(({ password }) => password)
    const result = await run.measure(nowMicroseconds())
    run.close()
    server.close()
    assert.deepEqual(new Set(warmUp), new Set(tokens.slice(30)))
    assert.deepEqual([result.operations, server.connects.length], [30, 40])
  })

  it('expects clients with bad tokens to be refused, and counts one that is let in as failed', async () => {
    const server = new RelayServer(messages => messages)
    const token = ['{"alg":"ES256"}', '{}', 'a signature']
      .map(part => Buffer.from(part).toString('base64url'))
      .join('.')
    const tokens = Array.from({ length: 30 }, () => token)
    const run = new StormRun({ ...PLAN, tokens, badShare: 0.5, addresses: [await server.listen()] })
    const result = await run.measure(nowMicroseconds())
    run.close()
    server.close()
    assert.deepEqual([result.operations, result.failed], [15, 15])
    assert.equal(server.connects.filter(({ password }) => password === token).length, 15)
  })

  it('counts the refused as failed and says with which code', async () => {
    const server = createServer(socket => socket.once('data', () => socket.end(Buffer.of(0x20, 2, 0, 5)))).listen(
      0,
      '127.0.0.1',
    )
    await once(server, 'listening')
    const address = server.address()
    assert.ok(address !== null && typeof address === 'object')
    const run = new StormRun({ ...PLAN, addresses: [{ host: '127.0.0.1', port: address.port, transport: 'tcp' }] })
    const result = await run.measure(nowMicroseconds())
    run.close()
    server.close()
    assert.deepEqual([result.operations, result.failed, result.firstFailure], [0, 30, 'Error: CONNACK with code 5'])
  })
})
