import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { SessionClaim, Store } from '../../../src/ports/store.ts'
import { ReasonCode } from '../../../src/protocol/reason-codes.ts'
import { TestBrokers, type TestConnect } from '../../support/test-broker.ts'
import type { WireClient } from '../../support/wire-client.ts'

const STAYS: TestConnect = { clean: false, sessionExpiry: 100 }

describe('a persistent session', () => {
  for (const at of [0, 1]) {
    const where = at === 0 ? 'at the same worker' : 'at another worker'

    it(`gets what came while its client was away, QoS 1 and 2 in order, ${where}`, async () => {
      const brokers = await TestBrokers.start(2)
      const client = await brokers.connect('c', STAYS)
      await client.subscribe('a/#', { qos: 2 })
      await client.disconnect()
      const publisher = await brokers.connect('publisher', { at: 1 })
      for (let number = 0; number < 300; number++)
        await publisher.publish('a', `${number}`, { qos: number % 2 === 0 ? 1 : 2 })
      await publisher.publish('a', 'not kept', { qos: 0 })
      assert(publisher.takeAll('puback').every(({ reasonCode }) => reasonCode === 0))
      const back = await brokers.connect('c', { ...STAYS, at })
      const messages = back.takeAll('publish')
      assert.deepEqual(
        messages.map(({ payload, qos }) => [payload.toString(), qos]),
        Array.from({ length: 300 }, (_, number) => [`${number}`, number % 2 === 0 ? 1 : 2]),
      )
      assert(messages.every(({ dup }) => !dup))
      await publisher.disconnect()
      await back.disconnect(0, 0)
      brokers.assertNothingLeft()
    })

    it(`v5 [MQTT-4.4.0-1] [MQTT-3.3.1-1] is sent again what it has not acknowledged, with DUP and the same ids, ${where}`, async () => {
      const brokers = await TestBrokers.start(2)
      const client = await brokers.connect('c', STAYS)
      await client.subscribe('a', { qos: 2 })
      client.acknowledging = false
      const publisher = await brokers.connect('publisher')
      for (const qos of [1, 2, 1, 2] as const) await publisher.publish('a', `${qos}`, { qos })
      const sent = client.takeAll('publish')
      const [, second] = sent
      client.send({ cmd: 'puback', messageId: sent[0]?.messageId ?? 0 })
      await brokers.settle()
      await client.lose()
      await publisher.publish('a', 'new', { qos: 1 })
      const back = await brokers.connect('c', { ...STAYS, at })
      const again = back.takeAll('publish')
      assert.deepEqual(
        again.map(({ messageId, dup, payload }) => [messageId, dup, payload.toString()]),
        [
          [second?.messageId, true, '2'],
          [sent[2]?.messageId, true, '1'],
          [sent[3]?.messageId, true, '2'],
          [again[3]?.messageId, false, 'new'],
        ],
      )
      await back.lose()
      const third = await brokers.connect('c', STAYS)
      assert.deepEqual(third.payloads(), [], 'all is acknowledged')
    })

    it(`v5 [MQTT-4.4.0-1] is sent PUBREL again where it has sent PUBREC, and the message never, ${where}`, async () => {
      const brokers = await TestBrokers.start(2)
      const client = await brokers.connect('c', STAYS)
      await client.subscribe('a', { qos: 2 })
      client.acknowledging = false
      const publisher = await brokers.connect('publisher')
      await publisher.publish('a', 'x', { qos: 2 })
      const messageId = client.expect('publish').messageId ?? 0
      client.send({ cmd: 'pubrec', messageId })
      await brokers.settle()
      assert.equal(client.expect('pubrel').messageId, messageId)
      await client.lose()
      const back = await brokers.connect('c', { ...STAYS, at })
      assert.equal(back.expect('pubrel').messageId, messageId)
      assert.deepEqual(back.payloads(), [])
      await back.lose()
      const third = await brokers.connect('c', STAYS)
      assert.deepEqual(third.received, [])
    })

    it(`v5 4.3.3 knows a QoS 2 message that it has received when it comes again, ${where}`, async () => {
      const brokers = await TestBrokers.start(2)
      const watcher = await brokers.connect('watcher')
      await watcher.subscribe('a', { qos: 2 })
      const client = await brokers.connect('c', STAYS)
      client.acknowledging = false
      await client.publish('a', 'x', { qos: 2, messageId: 4 })
      await client.lose()
      const back = await brokers.connect('c', { ...STAYS, at })
      back.acknowledging = false
      await back.publish('a', 'x', { qos: 2, messageId: 4, duplicate: true })
      assert.equal(back.expect('pubrec').reasonCode, 0)
      assert.deepEqual(watcher.payloads(), ['x'])
      back.send({ cmd: 'pubrel', messageId: 4 })
      await brokers.settle()
      assert.equal(back.expect('pubcomp').reasonCode, 0)
      await back.publish('a', 'y', { qos: 2, messageId: 4 })
      assert.deepEqual(watcher.payloads(), ['y'])
    })

    it(`v5 [MQTT-3.1.2-4] is discarded by a Clean Start with all that waits, ${where}`, async () => {
      const brokers = await TestBrokers.start(2)
      const client = await brokers.connect('c', STAYS)
      await client.subscribe('a', { qos: 1 })
      await client.disconnect()
      const publisher = await brokers.connect('publisher')
      await publisher.publish('a', 'old', { qos: 1 })
      const clean = await brokers.connect('c', { at, clean: true, sessionExpiry: 100 })
      await publisher.publish('a', 'new', { qos: 1 })
      assert.deepEqual(clean.payloads(), [])
      assert.equal(publisher.takeAll('puback')[1]?.reasonCode, ReasonCode.NoMatchingSubscribers)
      await publisher.disconnect()
      await clean.disconnect(0, 0)
      brokers.assertNothingLeft()
    })
  }

  it('v5 [MQTT-3.1.2-23] ends when its Session Expiry Interval has passed, with its routes at every worker', async () => {
    const brokers = await TestBrokers.start(3)
    const client = await brokers.connect('c', STAYS)
    await client.subscribe(['a', '$share/group/b'], { qos: 1 })
    await client.disconnect()
    await brokers.pass(99_000)
    const publishers = await Promise.all([0, 1, 2].map(at => brokers.connect(`p${at}`, { at })))
    const codes = async (): Promise<unknown> => {
      for (const publisher of publishers) await publisher.publish('a', 'x', { qos: 1 })
      return publishers.map(publisher => publisher.expect('puback').reasonCode)
    }
    assert.deepEqual(await codes(), [0, 0, 0])
    await brokers.pass(3_000)
    assert.deepEqual(await codes(), [0x10, 0x10, 0x10])
    const back = await brokers.connect('c', { ...STAYS, admitted: false })
    assert.equal(back.expect('connack').sessionPresent, false)
    assert.deepEqual(back.payloads(), [])
    await back.disconnect(0, 0)
    for (const publisher of publishers) await publisher.disconnect()
    brokers.assertNothingLeft()
  })

  it('v5 3.1.2.11.2 of 0xFFFFFFFF does not expire', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c', { sessionExpiry: 0xffffffff })
    await client.subscribe('a', { qos: 1 })
    await client.lose()
    brokers.clock.advance(10 * 86_400_000)
    await brokers.settle()
    const back = await brokers.connect('c', { clean: false, admitted: false })
    assert.equal(back.expect('connack').sessionPresent, true)
  })

  it('ends with the connection of a client that came back without wanting it to stay', async () => {
    const brokers = await TestBrokers.start(2)
    const client = await brokers.connect('c', STAYS)
    await client.subscribe('a', { qos: 1 })
    await client.disconnect()
    const back = await brokers.connect('c', { at: 1, clean: false, admitted: false })
    assert.equal(back.expect('connack').sessionPresent, true)
    const publisher = await brokers.connect('publisher')
    await publisher.publish('a', 'x', { qos: 1 })
    assert.deepEqual(back.payloads(), ['x'])
    await back.disconnect()
    await publisher.publish('a', 'x', { qos: 1 })
    assert.equal(publisher.takeAll('puback')[1]?.reasonCode, ReasonCode.NoMatchingSubscribers)
    await publisher.disconnect()
    brokers.assertNothingLeft()
  })

  for (const qos of [1, 2] as const) {
    it(`misses no message of QoS ${qos} that comes while its client is being let in, though it is not to stay`, async () => {
      const letIn = Promise.withResolvers<void>()
      const slowClaims = (store: Store): Store => ({
        ...store,
        sessions: new Proxy(store.sessions, {
          get: (sessions, name) =>
            name !== 'claim'
              ? Reflect.get(sessions, name).bind(sessions)
              : async (claim: SessionClaim) => {
                  const result = await sessions.claim(claim)
                  if (claim.clientId === 'c' && !claim.cleanStart) await letIn.promise
                  return result
                },
        }),
        close: () => store.close(),
      })
      const brokers = await TestBrokers.start(2, { around: slowClaims })
      const client = await brokers.connect('c', { sessionExpiry: 100 })
      await client.subscribe('a', { qos })
      await client.disconnect()
      const publisher = await brokers.connect('publisher')
      const back = await brokers.connect('c', { at: 1, clean: false, admitted: false })
      await publisher.publish('a', 'meanwhile', { qos })
      letIn.resolve()
      await brokers.settle()
      await publisher.publish('a', 'later', { qos })
      assert.equal(back.expect('connack').sessionPresent, true)
      assert.deepEqual(back.payloads(), ['meanwhile', 'later'])
      await back.disconnect()
      await publisher.disconnect()
      brokers.assertNothingLeft()
    })
  }

  it('that was to end with its connection leaves no routes when its worker dies', async () => {
    const brokers = await TestBrokers.start(2)
    const client = await brokers.connect('c', STAYS)
    await client.subscribe('a', { qos: 1 })
    await client.disconnect()
    await brokers.connect('c', { clean: false })
    const publisher = await brokers.connect('publisher', { at: 1 })
    await brokers.kill(0)
    await brokers.pass(2_000)
    await publisher.publish('a', 'x', { qos: 1 })
    assert.equal(publisher.expect('puback').reasonCode, ReasonCode.NoMatchingSubscribers)
  })

  it('v5 3.14.2.2.2 may not be made to stay by DISCONNECT after a CONNECT that did not ask for it', async () => {
    const brokers = await TestBrokers.start()
    await (await brokers.connect('c', STAYS)).disconnect()
    const back = await brokers.connect('c', { clean: false })
    await back.disconnect(0, 100)
    assert.equal(back.expect('disconnect').reasonCode, ReasonCode.ProtocolError)
  })

  it('v5 [MQTT-3.2.2-2] that is present is sent what waits for it, though it is not to stay any longer', async () => {
    const brokers = await TestBrokers.start(2)
    const client = await brokers.connect('c', STAYS)
    await client.subscribe('a', { qos: 2 })
    client.acknowledging = false
    const publisher = await brokers.connect('publisher')
    for (const payload of ['sent', 'released']) await publisher.publish('a', payload, { qos: 2 })
    client.send({ cmd: 'pubrec', messageId: 2 })
    await brokers.settle()
    await client.lose()
    for (let number = 0; number < 5; number++) await publisher.publish('a', `${number}`, { qos: 1 })
    const back = await brokers.connect('c', {
      at: 1,
      clean: false,
      acknowledging: false,
      properties: { receiveMaximum: 3 },
    })
    await publisher.publish('a', 'live', { qos: 1 })
    await publisher.publish('a', 'not kept', { qos: 0 })
    const first = back.takeAll('publish')
    assert.deepEqual(
      first.map(({ payload, dup }) => [payload.toString(), dup]),
      [
        ['sent', true],
        ['0', false],
        ['not kept', false],
      ],
    )
    back.acknowledging = true
    back.send({ cmd: 'pubcomp', messageId: back.expect('pubrel').messageId ?? 0 })
    for (const { qos, messageId = 0 } of first) {
      if (qos > 0) back.send({ cmd: qos === 1 ? 'puback' : 'pubrec', messageId })
    }
    await brokers.settle()
    assert.deepEqual(back.payloads(), ['1', '2', '3', '4', 'live'])
    await back.disconnect()
    await publisher.disconnect()
    brokers.assertNothingLeft()
  })

  it('gets its subscriptions back in any version', async () => {
    const brokers = await TestBrokers.start()
    const old = await brokers.connect('c', { version: 4, clean: false })
    await old.subscribe('a', { qos: 1 })
    await old.disconnect()
    const publisher = await brokers.connect('publisher')
    await publisher.publish('a', 'x', { qos: 1 })
    const back = await brokers.connect('c', STAYS)
    assert.deepEqual(back.payloads(), ['x'])
  })

  it('keeps its 1,000 oldest messages and counts those that it drops', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c', STAYS)
    await client.subscribe('a', { qos: 1 })
    await client.disconnect()
    const publisher = await brokers.connect('publisher')
    for (let number = 0; number < 1_005; number++) publisher.sendPublish('a', `${number}`, { qos: 1 })
    await brokers.settle()
    assert.equal(brokers.count('droppedQueueFull'), 5)
    const payloads = (await brokers.connect('c', STAYS)).payloads()
    assert.deepEqual([payloads.length, payloads.at(-1)], [1_000, '999'])
  })

  it('survives the death of its worker with all that was acknowledged', async () => {
    const brokers = await TestBrokers.start(2)
    const client = await brokers.connect('c', STAYS)
    await client.subscribe('a', { qos: 1 })
    client.acknowledging = false
    const publisher = await brokers.connect('publisher', { at: 1 })
    await publisher.publish('a', 'before', { qos: 1 })
    await brokers.kill(0)
    await publisher.publish('a', 'after', { qos: 1 })
    assert(publisher.takeAll('puback').every(({ reasonCode }) => reasonCode === 0))
    const back = await brokers.connect('c', { ...STAYS, at: 1 })
    assert.deepEqual(back.payloads(), ['before', 'after'])
  })
})

describe('exactly once', () => {
  it('v5 4.3.3 holds through any number of broken connections, on changing workers', async () => {
    const rounds = fc.array(fc.record({ at: fc.nat(1), steps: fc.nat(4), answers: fc.infiniteStream(fc.boolean()) }), {
      maxLength: 8,
    })
    const property = fc.asyncProperty(rounds, async list => {
      const brokers = await TestBrokers.start(2)
      const first = await brokers.connect('c', STAYS)
      await first.subscribe('a', { qos: 2 })
      await first.lose()
      const publisher = await brokers.connect('publisher')
      const sent = Array.from({ length: 12 }, (_, number) => `${number}`)
      for (const payload of sent) publisher.sendPublish('a', payload, { qos: 2 })
      await brokers.settle()
      const device = new CarefulDevice()
      for (const { at, steps, answers } of list) {
        const client = await brokers.connect('c', { ...STAYS, at, acknowledging: false })
        for (let step = 0; step < steps; step++) {
          device.answer(client, () => answers.next().value === true)
          await brokers.settle()
        }
        await client.lose()
      }
      const last = await brokers.connect('c', { ...STAYS, acknowledging: false })
      while (last.received.length > 0) {
        device.answer(last, () => true)
        await brokers.settle()
      }
      assert.deepEqual(device.seen.toSorted(byNumber), sent)
      await publisher.disconnect()
      await last.disconnect(0, 0)
      brokers.assertNothingLeft()
    })
    await fc.assert(property, { numRuns: 40 })
  })
})

/** A client that keeps what it has received and not yet released, as the standard wants it (v5 figure 4.3). */
class CarefulDevice {
  readonly seen: string[] = []
  readonly #unreleased = new Set<number>()

  /** Answers those packets that `chosen` says; the others are as good as lost. */
  answer(client: WireClient, chosen: () => boolean): void {
    for (const packet of client.received.splice(0)) {
      const { messageId = 0 } = packet
      if (!chosen()) continue
      if (packet.cmd === 'publish') {
        if (!this.#unreleased.has(messageId)) this.seen.push(packet.payload.toString())
        this.#unreleased.add(messageId)
        client.send({ cmd: 'pubrec', messageId })
      } else if (packet.cmd === 'pubrel') {
        this.#unreleased.delete(messageId)
        client.send({ cmd: 'pubcomp', messageId })
      }
    }
  }
}

function byNumber(one: string, other: string): number {
  return Number(one) - Number(other)
}
