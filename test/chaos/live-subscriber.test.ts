import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TestBrokers } from '../support/test-broker.ts'
import { FlowPublisher, FlowSubscriber } from './flow-clients.ts'
import { type Death, MortalStore } from './mortal-store.ts'

/** More calls of the store than the flow makes. */
const CALLS_MAX = 60

interface Seen {
  readonly died: boolean
  /** By a subscriber at the worker that lives on, whose session ends with its connection. */
  readonly live: number
  /** By a persistent one. */
  readonly persistent: number
}

/** Lets the worker of a QoS 2 publisher die at a call of the store; the publisher goes on at the other. */
async function dieInFlow(call: number, death: Death): Promise<Seen> {
  let mortal: MortalStore | undefined
  const brokers = await TestBrokers.start(2, { around: store => (mortal = new MortalStore(store)) })
  assert(mortal !== undefined)
  const publisher = new FlowPublisher(2)
  const persistent = new FlowSubscriber('persistent')
  await publisher.connect(brokers, 0)
  await persistent.connect(brokers, 1)
  const live = await brokers.connect('live', { at: 1 })
  await live.subscribe('t', { qos: 2 })
  mortal.callsLeft = call
  mortal.death = death
  publisher.publish()
  await exchange(brokers, publisher, persistent)
  const died = mortal.dead
  if (died) await brokers.kill(0)
  mortal.dead = false
  mortal.callsLeft = Infinity
  await publisher.connect(brokers, 1)
  await exchange(brokers, publisher, persistent)
  await persistent.connect(brokers, 1)
  await exchange(brokers, publisher, persistent)
  assert(publisher.done, 'the publisher got to its end')
  return { died, live: live.takeAll('publish').length, persistent: persistent.deliveries }
}

async function exchange(brokers: TestBrokers, publisher: FlowPublisher, subscriber: FlowSubscriber): Promise<void> {
  let answered = true
  while (answered) {
    await brokers.settle()
    answered = publisher.answer()
    answered = subscriber.answer() || answered
  }
}

// A live subscriber is served before the message is stored. The other way round, a crash between the two would leave the
// message marked as received and the live subscriber without it: what is sent again would only be answered.
describe('a QoS 2 message whose worker dies, for a subscriber elsewhere without a persistent session', () => {
  for (const death of ['before', 'after'] as const) {
    it(`is never lost, and is there once for persistent sessions, ${death} each call of the store`, async () => {
      const counts: number[] = []
      for (let call = 1; call < CALLS_MAX; call++) {
        const { died, live, persistent } = await dieInFlow(call, death)
        assert.equal(persistent, 1)
        counts.push(live)
        if (!died) break
      }
      assert.ok(counts.length > 2, 'there were calls to die at')
      assert.ok(counts.every(count => count === 1 || count === 2))
      assert.equal(counts.at(-1), 1, 'without a crash it is there once')
    })
  }

  it('is not lost when that worker was cut off from the other, but not from the store, and is given up', async () => {
    const brokers = await TestBrokers.start(2)
    const publisher = new FlowPublisher(2)
    const persistent = new FlowSubscriber('persistent')
    await publisher.connect(brokers, 0)
    await persistent.connect(brokers, 1)
    const live = await brokers.connect('live', { at: 1 })
    await live.subscribe('t', { qos: 2 })
    brokers.network.stalled = true
    brokers.network.hold(brokers.worker(0).address, brokers.worker(1).address)
    publisher.publish()
    await exchange(brokers, publisher, persistent)
    assert.equal(publisher.acknowledged, false)
    await brokers.kill(0)
    brokers.network.stalled = false
    await publisher.connect(brokers, 1)
    await exchange(brokers, publisher, persistent)
    assert.deepEqual([publisher.done, live.takeAll('publish').length, persistent.deliveries], [true, 1, 1])
  })
})
