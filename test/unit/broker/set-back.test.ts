import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Store } from '../../../src/ports/store.ts'
import { TestBrokers } from '../../support/test-broker.ts'

/** More than one part of a round. */
const CLIENTS = 101

/** A store whose listener is told by the test that it may have gone back. */
class SetBackStore {
  tell: () => void = () => {}

  around(store: Store): Store {
    return { ...partsOf(store), onSetBack: listener => (this.tell = listener) }
  }
}

describe('SetBack', () => {
  it('gives the store the subscriptions again that it has lost, and closes who has lost its claim', async () => {
    const store = new SetBackStore()
    const brokers = await TestBrokers.start(1, { around: inner => store.around(inner) })
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, (_, index) => brokers.connect(`client-${index}`, { sessionExpiry: 100 })),
    )
    await Promise.all(clients.map((client, index) => client.subscribe(`t/${index}`, { qos: 1 })))
    const passing = await brokers.connect('passing')
    const { sessions, subscriptions } = brokers.store
    for (const [index] of clients.entries()) await subscriptions.remove(`client-${index}`, index + 1, [`t/${index}`])
    await sessions.end('client-7', 8)

    store.tell()
    await brokers.settle()
    await brokers.pass(500)
    const held: string[] = []
    for await (const page of subscriptions.all()) held.push(...page.map(({ clientId }) => clientId))
    assert.equal(new Set(held).size, CLIENTS - 1)
    assert.deepEqual(
      clients.flatMap((client, index) => (client.open ? [] : [index])),
      [7],
    )
    assert.equal(clients[7]?.expect('disconnect').reasonCode, 0x89)
    assert.equal(passing.open, true)
  })
})

function partsOf({ sessions, subscriptions, queues, retained, close }: Store): Store {
  return { sessions, subscriptions, queues, retained, close }
}
