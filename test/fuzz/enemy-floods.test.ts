import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectBytes, publishBytes } from '../support/conformance-packets.ts'
import { openWebSocketOf } from '../support/conformance-wire.ts'
import { waitFor } from '../support/wait-for.ts'
import { Siege } from './siege.ts'

const SOCKETS_WANTED = 10_000
/** What this process and the broker need beside the sockets of the attack. */
const DESCRIPTORS_SPARED = 300
const CONNECT_TIMEOUT_MS = 10_000
const OPENED_AT_ONCE = 500
const TRICKLE_MS = 500

describe('floods and idlers', { timeout: 120_000 }, () => {
  let siege: Siege

  before(async () => {
    siege = await Siege.start()
  })

  after(() => siege.stop())

  it('who never sends a whole CONNECT is closed in time and costs little (CVE-2017-7651, CVE-2020-13849, CVE-2023-5632)', async t => {
    const count = Math.min(SOCKETS_WANTED, openFilesMax() - DESCRIPTORS_SPARED)
    t.diagnostic(`${count} sockets`)
    await siege.withstand(
      async () => {
        const sockets = await openSockets(siege.target.port, count)
        const webSocket = openWebSocketOf(siege.target, ['mqtt'])
        await once(webSocket, 'open')
        const startMs = performance.now()
        await Promise.all([...sockets.map(untilClosed), once(webSocket, 'close'), trickle(siege)])
        const tookMs = performance.now() - startMs
        assert.ok(tookMs < CONNECT_TIMEOUT_MS + 5_000, `closed after ${Math.round(tookMs)} ms`)
      },
      { grownMebibytesMax: 150 },
    )
  })

  it('a storm of clients that come and go leaves nothing behind', async () => {
    await siege.withstand(
      async () => {
        for (let wave = 0; wave < 10; wave++) {
          const clients = await Promise.all(Array.from({ length: 100 }, () => siege.connect()))
          for (const client of clients) client.lose()
        }
        await waitFor('all connections to be forgotten', async () => (await siege.metric('guardbee_connections')) <= 1)
      },
      { grownMebibytesMax: 150 },
    )
  })

  it('a client that does not read is bounded, and its neighbour gets everything', async () => {
    await siege.withstand(
      async () => {
        const [slow, quick, publisher] = await Promise.all([siege.connect(), siege.connect(), siege.connect()])
        await slow.subscribe('flood')
        await quick.subscribe('flood')
        slow.wire.pause()
        const payload = Buffer.alloc(256 * 1024, 'x')
        for (let count = 1; count <= 300; count++) {
          await publisher.publish('flood', payload)
          await quick.expect('publish')
          quick.arrivals.length = 0
        }
        await waitFor('messages to be dropped for the slow one', async () => {
          return (await siege.metric('guardbee_messages_dropped_total{reason="backpressure"}')) > 0
        })
      },
      { grownMebibytesMax: 150 },
    )
  })

  it('a client that never acknowledges holds a window and a queue, no more', async () => {
    await siege.withstand(
      async () => {
        const [lazy, publisher] = await Promise.all([siege.connect(), siege.connect()])
        lazy.acknowledging = false
        await lazy.subscribe('never', 1)
        const payload = Buffer.alloc(1024, 'x')
        for (let start = 0; start < 4_000; start += 500) {
          const packets = Array.from({ length: 500 }, (_, index) =>
            publishBytes(5, 'never', payload, { qos: 1, packetId: start + index + 1 }),
          )
          publisher.send(...packets)
          for (let count = 0; count < 500; count++) await publisher.expect('puback')
        }
        await lazy.ping()
        assert.ok(lazy.bytesOf('publish').length <= 1_024)
        await waitFor('the rest to be dropped', async () => {
          return (await siege.metric('guardbee_messages_dropped_total{reason="queue_full"}')) > 0
        })
      },
      { grownMebibytesMax: 100 },
    )
  })

  it('QoS 2 messages that are never released end the connection (CVE-2023-28366)', async () => {
    await siege.withstand(
      async () => {
        const client = await siege.connect()
        client.acknowledging = false
        const packets = Array.from({ length: 2_000 }, (_, index) =>
          publishBytes(5, 'unreleased', 'x', { qos: 2, packetId: index + 1 }),
        )
        client.send(...packets)
        await client.expectClosed()
        assert.equal((await client.expect('disconnect')).reasonCode, 0x93)
      },
      { grownMebibytesMax: 50 },
    )
  })

  it('half-open connections end with their Keep Alive', async () => {
    await siege.withstand(
      async () => {
        const clients = await Promise.all(Array.from({ length: 20 }, () => siege.connect({ keepAliveSeconds: 1 })))
        for (const client of clients) client.wire.pause()
        await waitFor('the sessions to end', async () => (await siege.metric('guardbee_sessions_connected')) <= 1)
      },
      { grownMebibytesMax: 50 },
    )
  })
})

/** SlowITe: a CONNECT that comes byte by byte, every half second one. */
async function trickle(siege: Siege): Promise<void> {
  const clients = await Promise.all(Array.from({ length: 50 }, () => siege.open()))
  const bytes = connectBytes(5, { clientId: 'slow'.repeat(20), keepAliveSeconds: 65_535 })
  for (const byte of bytes) {
    const open = clients.filter(client => !client.isClosed)
    if (open.length === 0) break
    for (const client of open) client.send(Buffer.from([byte]))
    await sleep(TRICKLE_MS)
  }
  assert.ok(clients.every(client => client.bytesOf('connack').length === 0))
}

async function untilClosed(socket: Socket): Promise<void> {
  if (!socket.destroyed) await once(socket, 'close')
}

async function openSockets(port: number, count: number): Promise<readonly Socket[]> {
  const sockets: Socket[] = []
  while (sockets.length < count) {
    const wave = Array.from({ length: Math.min(OPENED_AT_ONCE, count - sockets.length) }, () => {
      const socket = connect({ port, host: '127.0.0.1' }).resume()
      socket.on('error', () => {})
      return socket
    })
    await Promise.all(wave.map(socket => once(socket, 'connect')))
    sockets.push(...wave)
  }
  return sockets
}

/** How many files a process may have open; Node has raised its own limit to this. */
function openFilesMax(): number {
  const [, limit = '1024'] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
  return Number(limit)
}
