import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startOpenGuardbee } from '../conformance/brokers/guardbee.ts'
import type { OpenGuardbee } from '../conformance/brokers/guardbee.ts'
import { ConformanceClient } from '../support/conformance-client.ts'
import { connectBytes, publishBytes } from '../support/conformance-packets.ts'
import type { SuiteVersion } from '../support/conformance-packets.ts'
import { openWire } from '../support/conformance-wire.ts'

const MEBIBYTE = 1024 * 1024
const QUEUED_BYTES_MAX = 4 * MEBIBYTE
const SERVER_BUSY = 0x89
const SERVER_UNAVAILABLE = 3

describe('a broker whose clients do not read', { timeout: 60_000 }, () => {
  let broker: OpenGuardbee
  const opened: ConformanceClient[] = []

  before(async () => {
    broker = await startOpenGuardbee({
      GUARDBEE_WORKERS: '1',
      GUARDBEE_QUEUED_BYTES_MAX: String(QUEUED_BYTES_MAX),
    })
  })

  after(async () => {
    for (const client of opened) client.lose()
    await broker.stop()
  })

  it('refuses new clients, drops QoS 0 for the slow ones, keeps its bound, and recovers when they have read', async () => {
    const [publisher, quick] = [await connect('publisher'), await connect('quick')]
    const slow = [await connect('slow1'), await connect('slow2')]
    for (const client of [quick, ...slow]) await client.subscribe('flood')
    for (const { wire } of slow) wire.pause()
    const payload = 'x'.repeat(MEBIBYTE / 8)
    let highest = 0
    // Each worker's own bound of 5 MiB for one slow reader is not reached: what drops here is the load.
    while ((await metric('guardbee_messages_dropped_total{reason="load"}')) === 0) {
      publisher.send(publishBytes(5, 'flood', payload))
      await quick.expect('publish')
      quick.arrivals.length = 0
      highest = Math.max(highest, await metric('guardbee_pending_bytes'))
    }
    assert.ok(highest >= QUEUED_BYTES_MAX * 0.75 && highest <= QUEUED_BYTES_MAX * 1.5, `${highest} bytes were pending`)
    assert.equal(await answerTo('late', 5), SERVER_BUSY)
    assert.equal(await answerTo('late', 4), SERVER_UNAVAILABLE)
    await broker.guardbee.waitForEvent('overloaded: load is shed')
    for (const { wire } of slow) wire.resume()
    await broker.guardbee.waitForEvent('no longer overloaded')
    assert.equal(await metric('guardbee_pending_bytes'), 0)
    assert.equal(await answerTo('late', 5), 0)
    await quick.ping()
  })

  async function open(clientId: string, version: SuiteVersion): Promise<ConformanceClient> {
    const client = new ConformanceClient(version, clientId)
    opened.push(client)
    return client.attach(await openWire(broker.target, client))
  }

  async function connect(clientId: string): Promise<ConformanceClient> {
    const client = await open(clientId, 5)
    client.send(connectBytes(5, { clientId }))
    assert.equal((await client.expect('connack')).reasonCode, 0)
    return client
  }

  async function answerTo(clientId: string, version: SuiteVersion): Promise<number | undefined> {
    const client = await open(clientId, version)
    client.send(connectBytes(version, { clientId }))
    const { reasonCode, returnCode } = await client.expect('connack')
    return version === 5 ? reasonCode : returnCode
  }

  async function metric(name: string): Promise<number> {
    const [started] = broker.guardbee.eventsNamed('guardbee started')
    const response = await fetch(new URL('/metrics', String(started?.fields['admin'])))
    const line = (await response.text()).split('\n').find(sample => sample.startsWith(`${name} `))
    return Number(line?.slice(name.length) ?? 0)
  }
})
