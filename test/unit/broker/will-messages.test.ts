import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ReasonCode } from '../../../src/protocol/reason-codes.ts'
import { TestBrokers, type TestConnect } from '../../support/test-broker.ts'
import type { WireClient } from '../../support/wire-client.ts'

const WILL = { topic: 'will', payload: 'gone', qos: 1 } as const

describe('the Will Message', () => {
  for (const at of [0, 1]) {
    const where = at === 0 ? 'at the same worker' : 'at another worker'

    it(`v5 [MQTT-3.1.2-8] is published when the connection is lost, to a subscriber ${where}`, async () => {
      const { brokers, watcher } = await watched(at)
      const client = await brokers.connect('c', { will: WILL })
      await client.lose()
      assert.deepEqual(watcher.payloads(), ['gone'])
      assert.equal(brokers.count('willsPublished'), 1)
      await watcher.disconnect()
      brokers.assertNothingLeft()
    })
  }

  it('v3.1.1 [MQTT-3.1.2-8] is published when the connection is lost', async () => {
    const { brokers, watcher } = await watched()
    await (await brokers.connect('c', { version: 4, will: WILL })).lose()
    assert.deepEqual(watcher.payloads(), ['gone'])
  })

  it('goes out with the QoS, RETAIN flag and properties that CONNECT gave it', async () => {
    const { brokers, watcher } = await watched()
    await watcher.subscribe('will', { qos: 2, retainAsPublished: true })
    const properties = { contentType: 'text/plain', messageExpiryInterval: 7, userProperties: { a: 'b' } }
    const client = await brokers.connect('c', { will: { ...WILL, qos: 2, retain: true, properties } })
    await client.lose()
    const { qos, retain, properties: got } = watcher.expect('publish')
    assert.deepEqual({ qos, retain }, { qos: 2, retain: true })
    assert.equal(got?.contentType, 'text/plain')
    assert.deepEqual({ ...got?.userProperties }, { a: 'b' })
    const late = await brokers.connect('late')
    await late.subscribe('will')
    assert.deepEqual(late.payloads(), ['gone'])
  })

  it('v5 [MQTT-3.14.4-3] is discarded by a normal DISCONNECT', async () => {
    for (const version of [4, 5] as const) {
      const { brokers, watcher } = await watched()
      await (await brokers.connect('c', { version, will: WILL })).disconnect()
      assert.deepEqual(watcher.payloads(), [])
    }
  })

  it('v5 3.14.2.1 is published by a DISCONNECT with 0x04', async () => {
    const { brokers, watcher } = await watched()
    await (await brokers.connect('c', { will: WILL })).disconnect(ReasonCode.DisconnectWithWillMessage)
    assert.deepEqual(watcher.payloads(), ['gone'])
  })

  it('is published when the client is silent for too long, and when it breaks the protocol', async () => {
    const { brokers, watcher } = await watched()
    await brokers.connect('silent', { keepalive: 10, will: WILL })
    await brokers.pass(16_000)
    assert.deepEqual(watcher.payloads(), ['gone'])
    const rude = await brokers.connect('rude', { will: WILL })
    rude.sendBytes(Buffer.from([0, 0]))
    await brokers.settle()
    assert.deepEqual(watcher.payloads(), ['gone'])
  })

  it('of a client that is itself subscribed with No Local does not come to it again', async () => {
    const { brokers, watcher } = await watched()
    const first = await brokers.connect('c', { will: WILL, sessionExpiry: 100 })
    await first.subscribe('#', { qos: 1, noLocal: true })
    await first.lose()
    const again = await brokers.connect('c', { clean: false, sessionExpiry: 100 })
    assert.deepEqual(again.payloads(), [])
    assert.deepEqual(watcher.payloads(), ['gone'])
  })
})

describe('the Will Delay Interval', () => {
  const delayed = { ...WILL, properties: { willDelayInterval: 30 } }

  it('v5 [MQTT-3.1.3-9] is waited for, and a client that comes back in time has its will not sent', async () => {
    const { brokers, watcher } = await watched()
    const client = await brokers.connect('c', { will: delayed, sessionExpiry: 100 })
    await client.lose()
    await brokers.pass(29_000)
    assert.deepEqual(watcher.payloads(), [])
    const back = await brokers.connect('c', { clean: false, will: delayed, sessionExpiry: 100 })
    await brokers.pass(60_000)
    assert.deepEqual(watcher.payloads(), [])
    await back.lose()
    await brokers.pass(31_000)
    assert.deepEqual(watcher.payloads(), ['gone'])
    await brokers.pass(100_000)
    assert.deepEqual(watcher.payloads(), [], 'once')
  })

  it('v5 3.1.3.2.4 does not count for the Message Expiry Interval of the will', async () => {
    const { brokers, watcher } = await watched()
    const will = { ...WILL, properties: { willDelayInterval: 30, messageExpiryInterval: 7 } }
    await (await brokers.connect('c', { will, sessionExpiry: 100 })).lose()
    await brokers.pass(31_000)
    assert.equal(watcher.expect('publish').properties?.messageExpiryInterval, 7)
  })

  it('v5 3.1.3.2.2 ends with the session', async () => {
    const { brokers, watcher } = await watched()
    const client = await brokers.connect('c', { will: delayed, sessionExpiry: 10 })
    await client.lose()
    await brokers.pass(9_000)
    assert.deepEqual(watcher.payloads(), [])
    await brokers.pass(2_000)
    assert.deepEqual(watcher.payloads(), ['gone'])
    await watcher.disconnect()
    brokers.assertNothingLeft()
  })

  it('means nothing where the session ends with the connection', async () => {
    const { brokers, watcher } = await watched()
    await (await brokers.connect('c', { will: delayed })).lose()
    assert.deepEqual(watcher.payloads(), ['gone'])
    const leaving = await brokers.connect('c', { will: delayed, sessionExpiry: 100 })
    await leaving.disconnect(ReasonCode.DisconnectWithWillMessage, 0)
    assert.deepEqual(watcher.payloads(), ['gone'])
  })

  it('ends when a Clean Start ends the session', async () => {
    const { brokers, watcher } = await watched()
    await (await brokers.connect('c', { will: delayed, sessionExpiry: 100 })).lose()
    await brokers.connect('c', { at: 1 })
    assert.deepEqual(watcher.payloads(), ['gone'])
    await brokers.pass(60_000)
    assert.deepEqual(watcher.payloads(), [], 'once')
  })
})

describe('the will of a connection that is taken over', () => {
  const cases: readonly {
    readonly what: string
    readonly delay: number
    readonly second: TestConnect
    readonly sent: boolean
  }[] = [
    { what: 'without a delay is published', delay: 0, second: { clean: false }, sent: true },
    { what: 'with a delay is not, where the session goes on', delay: 30, second: { clean: false }, sent: false },
    {
      what: 'with a delay is published, where a Clean Start ends the session',
      delay: 30,
      second: { clean: true },
      sent: true,
    },
  ]
  for (const { what, delay, second, sent } of cases) {
    for (const at of [0, 1]) {
      it(`v5 3.1.4 ${what}, ${at === 0 ? 'at the same worker' : 'by another worker'}`, async () => {
        const { brokers, watcher } = await watched()
        const will = { ...WILL, properties: { willDelayInterval: delay } }
        await brokers.connect('c', { will, sessionExpiry: 100 })
        await brokers.connect('c', { at, sessionExpiry: 100, ...second })
        await brokers.pass(60_000)
        assert.deepEqual(watcher.payloads(), sent ? ['gone'] : [])
      })
    }
  }

  it('v3.1.1 is published', async () => {
    const { brokers, watcher } = await watched()
    await brokers.connect('c', { version: 4, will: WILL })
    await brokers.connect('c', { version: 4, at: 1 })
    assert.deepEqual(watcher.payloads(), ['gone'])
  })
})

describe('many wills', () => {
  it('are all published, spread over many ticks', async () => {
    const { brokers, watcher } = await watched(0, { store: { queuedMessagesMax: 2_000 } })
    const clients: WireClient[] = []
    for (let number = 0; number < 1_000; number++) {
      clients.push(await brokers.connect(`c${number}`, { will: { ...WILL, qos: 0, payload: `${number}` } }))
    }
    const { writes } = watcher.connection
    for (const client of clients) client.connection.lose()
    await brokers.settle()
    assert.deepEqual(new Set(watcher.payloads()).size, 1_000)
    assert(watcher.connection.writes - writes > 1, 'not all in one tick')
    await watcher.disconnect()
    brokers.assertNothingLeft()
  })

  it('of a worker that died are published by one of the others', async () => {
    const brokers = await TestBrokers.start(3)
    const watcher = await brokers.connect('watcher')
    await watcher.subscribe('will', { qos: 1 })
    for (let number = 0; number < 150; number++) {
      await brokers.connect(`c${number}`, { at: 2, will: { ...WILL, payload: `${number}` } })
    }
    await brokers.kill(2)
    await brokers.pass(2_000)
    const payloads = watcher.payloads()
    assert.equal(payloads.length, 150)
    assert.equal(new Set(payloads).size, 150)
  })
})

async function watched(
  at = 0,
  options: Parameters<typeof TestBrokers.start>[1] = {},
): Promise<{ readonly brokers: TestBrokers; readonly watcher: WireClient }> {
  const brokers = await TestBrokers.start(2, options)
  const watcher = await brokers.connect('watcher', { at })
  await watcher.subscribe('will', { qos: 1 })
  return { brokers, watcher }
}
