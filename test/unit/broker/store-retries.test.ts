import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerError } from '../../../src/core/errors.ts'
import type { SessionStore, Store } from '../../../src/ports/store.ts'
import { TestBrokers } from '../../support/test-broker.ts'

const MINUTE_MS = 60_000

/** A store that cannot be told for a while how sessions were left. */
class DeafStore {
  away = false
  asked = 0

  around(store: Store): Store {
    const { sessions, subscriptions, queues, retained } = store
    const leaving = <Args extends readonly unknown[]>(write: (...args: Args) => Promise<void>) => {
      return async (...args: Args): Promise<void> => {
        this.asked++
        if (this.away) throw new BrokerError('STORE_UNAVAILABLE', 'away')
        await write(...args)
      }
    }
    const deaf: SessionStore = {
      claim: claim => sessions.claim(claim),
      release: leaving((clientId, epoch, release) => sessions.release(clientId, epoch, release)),
      end: leaving((clientId, epoch) => sessions.end(clientId, epoch)),
      markReceived: (clientId, epoch, packetId, received) => sessions.markReceived(clientId, epoch, packetId, received),
      abandon: (home, nowMs) => sessions.abandon(home, nowMs),
      takeDue: (taker, nowMs, limit) => sessions.takeDue(taker, nowMs, limit),
      setWill: (clientId, epoch, will) => sessions.setWill(clientId, epoch, will),
      settleDue: (taker, tickets) => sessions.settleDue(taker, tickets),
    }
    return { sessions: deaf, subscriptions, queues, retained, close: () => store.close() }
  }
}

describe('a session that is left while the store is away', () => {
  for (const sessionExpiry of [0, 30]) {
    it(`is left once it is back, with a Session Expiry Interval of ${sessionExpiry} from when it was left`, async () => {
      const { brokers, store } = await start()
      const client = await brokers.connect('c', { sessionExpiry })
      store.away = true
      await client.lose()
      await brokers.pass(10_000)
      assert.ok(store.asked > 3 && store.asked < 12, `asked ${store.asked} times`)
      store.away = false
      await brokers.pass(6_000)
      const asked = store.asked
      await brokers.pass(15_000)
      assert.equal(store.asked, asked)
      assert.equal(brokers.count('sessionsExpired'), sessionExpiry === 0 ? 0 : 1)
      brokers.assertNothingLeft()
    })
  }

  it('is given up after some minutes, with a word in the log', async () => {
    const { brokers, store } = await start()
    const client = await brokers.connect('c')
    store.away = true
    await client.lose()
    await brokers.pass(3 * MINUTE_MS)
    assert.equal(store.asked, 30)
    assert.deepEqual(brokers.log.errors, ['BrokerError: away'])
  })

  it('is nobody’s any more when its client has come back meanwhile', async () => {
    const { brokers, store } = await start()
    const how = { sessionExpiry: 30, clean: false }
    const client = await brokers.connect('c', how)
    store.away = true
    await client.lose()
    const back = await brokers.connect('c', how)
    store.away = false
    await brokers.pass(10_000)
    assert.deepEqual([back.open, brokers.log.errors], [true, []])
  })

  it('keeps a broker that stops for one more attempt at most', async () => {
    const { brokers, store } = await start()
    await brokers.connect('c')
    store.away = true
    const { broker } = brokers.worker()
    const stopped = broker.disconnectAll({ reasonCode: 0x8b, why: 'stopping' }, () => Promise.resolve())
    await brokers.settle()
    await brokers.pass(500)
    await stopped
    assert.ok(store.asked <= 2, `asked ${store.asked} times`)
  })
})

async function start(): Promise<{ readonly brokers: TestBrokers; readonly store: DeafStore }> {
  const store = new DeafStore()
  return { brokers: await TestBrokers.start(1, { around: inner => store.around(inner) }), store }
}
