import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { generate, parser, type Packet } from 'mqtt-packet'
import { CliffRun } from '../../../../bench/load/cliff-run.ts'
import { nowMicroseconds } from '../../../../bench/load/clock.ts'
import type { Address } from '../../../../bench/load/link.ts'
import type { CliffPlan, LoaderResult, Renewal } from '../../../../bench/load/plan.ts'

const CLIENTS = 5
const MAXIMUM_CONNECT_TIME = 0xa0
const PLAN: Omit<CliffPlan, 'addresses' | 'renewal'> = {
  kind: 'cliff',
  protocolVersion: 5,
  prefix: 'c',
  tokens: Array.from({ length: CLIENTS }, (_, number) => `old-${number}`),
  nextTokens: Array.from({ length: CLIENTS }, (_, number) => `new-${number}`),
  yields: false,
  brokerPids: [],
  redisPort: undefined,
  clients: CLIENTS,
}

describe('CliffRun', () => {
  it('waits for the end of each connection and comes back as the same client with the other token', async test => {
    const broker = new Broker()
    const result = await run(test, broker, 'reconnect', () => broker.endAll(MAXIMUM_CONNECT_TIME))
    assert.deepEqual([result.operations, result.failed], [CLIENTS, 0])
    assert.deepEqual(broker.shown.slice(CLIENTS).toSorted(), ['new-0', 'new-1', 'new-2', 'new-3', 'new-4'])
    assert.equal(broker.clientIds.size, CLIENTS)
  })

  it('counts a connection as failed that ends for another reason', async test => {
    const broker = new Broker()
    const result = await run(test, broker, 'reconnect', () => broker.endAll(0x8b))
    assert.deepEqual(
      [result.failed, result.firstFailure],
      [CLIENTS, 'connection lost: DISCONNECT with reason code 139'],
    )
  })

  it('shows the other token on each open connection', async test => {
    const broker = new Broker()
    const result = await run(test, broker, 'reauthenticate')
    assert.deepEqual([result.operations, result.failed, broker.clientIds.size], [CLIENTS, 0, CLIENTS])
    assert.deepEqual(broker.shown.slice(CLIENTS).toSorted(), ['new-0', 'new-1', 'new-2', 'new-3', 'new-4'])
  })
})

async function run(
  test: TestContext,
  broker: Broker,
  renewal: Renewal,
  whileMeasuring: () => void = () => {},
): Promise<LoaderResult> {
  const cliff = new CliffRun({ ...PLAN, renewal, addresses: [await broker.listen()] })
  test.after(() => {
    cliff.close()
    broker.close()
  })
  await cliff.prepare()
  const measured = cliff.measure(nowMicroseconds())
  whileMeasuring()
  return await measured
}

/** Lets everybody in, takes every token, and ends its connections when told to. */
class Broker {
  readonly shown: string[] = []
  readonly clientIds = new Set<string>()
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer(socket => this.#serve(socket))

  async listen(): Promise<Address> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    assert.ok(address !== null && typeof address === 'object')
    return { host: '127.0.0.1', port: address.port, transport: 'tcp' }
  }

  endAll(reasonCode: number): void {
    for (const socket of this.#sockets) socket.end(generate({ cmd: 'disconnect', reasonCode }, { protocolVersion: 5 }))
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    const packets = parser({ protocolVersion: 5 })
    packets.on('packet', packet => this.#answer(socket, packet))
    socket.on('data', bytes => void packets.parse(bytes))
    socket.on('error', () => socket.destroy())
  }

  #answer(socket: Socket, packet: Packet): void {
    if (packet.cmd !== 'connect' && packet.cmd !== 'auth') return
    assert.equal(packet.properties?.authenticationMethod, 'OAUTH2-JWT')
    this.shown.push(String(packet.properties?.authenticationData))
    if (packet.cmd === 'connect') {
      this.clientIds.add(packet.clientId)
      socket.write(generate({ cmd: 'connack', reasonCode: 0, sessionPresent: false }, { protocolVersion: 5 }))
    } else {
      assert.equal(packet.reasonCode, 0x19)
      const properties = { authenticationMethod: 'OAUTH2-JWT' }
      socket.write(generate({ cmd: 'auth', reasonCode: 0, properties }, { protocolVersion: 5 }))
    }
  }
}
