import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TestBrokers } from '../../support/test-broker.ts'
import { subscribePacket } from '../../support/wire-client.ts'

describe('SUBACK', () => {
  for (const sessionExpiry of [0, 100]) {
    const who = sessionExpiry > 0 ? 'of a persistent session' : 'of a session'

    it(`${who} waits until the other workers know the filter`, async () => {
      const brokers = await TestBrokers.start(3)
      const client = await brokers.connect('c', { sessionExpiry })
      brokers.network.hold('node/0', 'node/2')
      client.send(subscribePacket(1, 'a', { qos: 1 }))
      await brokers.settle()
      assert.deepEqual(client.takeAll('suback'), [])
      brokers.network.release('node/0', 'node/2')
      await brokers.settle()
      assert.equal(client.takeAll('suback').length, 1)
      assert.equal(brokers.count('routesUnconfirmed'), 0)
    })

    it(`${who} goes out at the bound, which is counted`, async () => {
      const brokers = await TestBrokers.start(2, { limits: { routesConfirmMs: 1_000 } })
      const client = await brokers.connect('c', { sessionExpiry })
      brokers.network.hold('node/0', 'node/1')
      client.send(subscribePacket(1, 'a', { qos: 1 }))
      await brokers.settle()
      await brokers.pass(500)
      assert.deepEqual(client.takeAll('suback'), [])
      await brokers.pass(500)
      assert.equal(client.takeAll('suback').length, 1)
      assert(brokers.count('routesUnconfirmed') > 0)
    })

    it(`${who} is not held up by a worker that dies`, async () => {
      const brokers = await TestBrokers.start(2)
      const client = await brokers.connect('c', { sessionExpiry })
      brokers.network.hold('node/0', 'node/1')
      client.send(subscribePacket(1, 'a', { qos: 1 }))
      await brokers.settle()
      await brokers.kill(1)
      assert.equal(client.takeAll('suback').length, 1)
    })

    it(`UNSUBACK ${who} waits too`, async () => {
      const brokers = await TestBrokers.start(2)
      const client = await brokers.connect('c', { sessionExpiry })
      await client.subscribe('a', { qos: 1 })
      brokers.network.hold('node/0', 'node/1')
      client.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['a'] })
      await brokers.settle()
      assert.deepEqual(client.takeAll('unsuback'), [])
      brokers.network.release('node/0', 'node/1')
      await brokers.settle()
      assert.equal(client.takeAll('unsuback').length, 1)
    })
  }

  it('waits also where another client has made the filter known, but not to all yet', async () => {
    const brokers = await TestBrokers.start(2)
    const [first, second] = [await brokers.connect('first'), await brokers.connect('second')]
    brokers.network.hold('node/0', 'node/1')
    for (const client of [first, second]) {
      client.send(subscribePacket(1, 'a', { qos: 1 }))
      await brokers.settle()
      assert.deepEqual(client.takeAll('suback'), [])
    }
    brokers.network.release('node/0', 'node/1')
    await brokers.settle()
    for (const client of [first, second]) assert.equal(client.takeAll('suback').length, 1)
  })

  it('of a filter that all know comes without a question to anybody', async () => {
    const brokers = await TestBrokers.start(2)
    const [first, second] = [await brokers.connect('first'), await brokers.connect('second')]
    await first.subscribe('a')
    brokers.network.hold('node/0', 'node/1')
    assert.deepEqual(await second.subscribe('a'), [0])
  })

  it('means that a publisher anywhere reaches the subscriber', async () => {
    const brokers = await TestBrokers.start(3)
    const publishers = await Promise.all([0, 1, 2].map(at => brokers.connect(`p${at}`, { at })))
    for (const at of [0, 1, 2]) {
      const client = await brokers.connect('c', { at })
      for (let filter = 0; filter < 5; filter++) {
        await client.subscribe(`a/${filter}`, { qos: 1 })
        for (const publisher of publishers) publisher.sendPublish(`a/${filter}`, 'x', { qos: 1 })
        await brokers.settle()
        assert.equal(client.payloads().length, 3)
      }
    }
  })
})

describe('routes', () => {
  it('of a worker are told to one that comes later, more than fit one frame', async () => {
    const brokers = await TestBrokers.start(1)
    const client = await brokers.connect('c')
    const filters = Array.from({ length: 2_500 }, (_, number) => `a/${number}`)
    await client.subscribe(filters, { qos: 1 })
    await brokers.addWorker()
    const publisher = await brokers.connect('publisher', { at: 1 })
    for (const topic of [0, 999, 1_000, 1_999, 2_000, 2_499]) await publisher.publish(`a/${topic}`, `${topic}`)
    assert.deepEqual(client.payloads(), ['0', '999', '1000', '1999', '2000', '2499'])
    await client.disconnect()
    await publisher.disconnect()
    brokers.assertNothingLeft()
  })

  it('to the queue of a persistent session are known to a worker that comes later, on-line or not', async () => {
    const brokers = await TestBrokers.start(1)
    const [here, away] = [
      await brokers.connect('here', { sessionExpiry: 100 }),
      await brokers.connect('away', { sessionExpiry: 100 }),
    ]
    for (const client of [here, away]) await client.subscribe('a', { qos: 1 })
    await away.lose()
    await brokers.addWorker()
    const publisher = await brokers.connect('publisher', { at: 1 })
    await publisher.publish('a', 'x', { qos: 1 })
    assert.deepEqual(here.payloads(), ['x'])
    const back = await brokers.connect('away', { at: 1, clean: false, sessionExpiry: 100 })
    assert.deepEqual(back.payloads(), ['x'])
  })

  it('of a worker that died are gone, and its messages wait for nobody', async () => {
    const brokers = await TestBrokers.start(3)
    const [near, far] = [await brokers.connect('near', { at: 1 }), await brokers.connect('far', { at: 2 })]
    for (const client of [near, far]) await client.subscribe(['a', '$share/group/b'], { qos: 1 })
    await brokers.kill(2)
    const publisher = await brokers.connect('publisher')
    for (let number = 0; number < 4; number++) await publisher.publish('b', `${number}`, { qos: 1 })
    assert.deepEqual(near.payloads(), ['0', '1', '2', '3'])
    await near.disconnect()
    await publisher.publish('a', 'x', { qos: 1 })
    assert.equal(publisher.takeAll('puback').at(-1)?.reasonCode, 0x10)
    await publisher.disconnect()
    await brokers.pass(2_000)
    brokers.assertNothingLeft()
  })

  it('are withdrawn only when the last subscriber of a filter is gone', async () => {
    const brokers = await TestBrokers.start(2)
    const clients = [await brokers.connect('one'), await brokers.connect('two')]
    for (const client of clients) await client.subscribe('a', { qos: 1 })
    const publisher = await brokers.connect('publisher', { at: 1 })
    const codes: unknown[] = []
    for (const client of clients) {
      await publisher.publish('a', 'x', { qos: 1 })
      codes.push(publisher.expect('puback').reasonCode)
      await client.disconnect()
    }
    await publisher.publish('a', 'x', { qos: 1 })
    codes.push(publisher.expect('puback').reasonCode)
    assert.deepEqual(codes, [0, 0, 0x10])
    await publisher.disconnect()
    brokers.assertNothingLeft()
  })
})
