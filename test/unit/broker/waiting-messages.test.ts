import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TestBrokers } from '../../support/test-broker.ts'

describe('messages that wait in memory', () => {
  it('count by their bytes, a body that waits for several clients once, until the last one has it', async () => {
    const brokers = await TestBrokers.start()
    const clients = [await brokers.connect('1'), await brokers.connect('2')]
    for (const client of clients) {
      client.acknowledging = false
      await client.subscribe('a', { qos: 1 })
    }
    const publisher = await brokers.connect('p')
    // Fills the window of both.
    for (let sent = 0; sent < 1_024; sent++) publisher.sendPublish('a', '', { qos: 1 })
    await brokers.settle()
    assert.equal(brokers.count('bytesWaiting'), 0)
    await publisher.publish('a', 'x'.repeat(100), { qos: 1 })
    assert.equal(brokers.count('bytesWaiting'), 100)
    const [first, second] = clients
    const [publish] = first?.takeAll('publish') ?? []
    first?.send({ cmd: 'puback', messageId: publish?.messageId ?? 0 })
    await brokers.settle()
    assert.equal(first?.payloads().length, 1)
    assert.equal(brokers.count('bytesWaiting'), 100)
    await second?.lose()
    assert.equal(brokers.count('bytesWaiting'), 0)
  })
})
