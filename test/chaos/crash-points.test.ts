import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Store } from '../../src/ports/store.ts'
import { TestBrokers } from '../support/test-broker.ts'
import { FlowPublisher, FlowSubscriber } from './flow-clients.ts'
import { type Death, MortalStore } from './mortal-store.ts'
import { onRedis, type OpenStore } from './on-redis.ts'

/** More calls of the store than any of the flows makes. */
const CALLS_MAX = 60

/** Lets a worker die at a call of the store within one flow; false: the flow was over before. */
async function dieInFlow(qos: 1 | 2, call: number, death: Death, open: OpenStore | undefined): Promise<boolean> {
  let mortal: MortalStore | undefined
  const around = (store: Store): Store => (mortal = new MortalStore(store))
  const brokers = await TestBrokers.start(2, open === undefined ? { around } : { around, open })
  assert(mortal !== undefined)
  const publisher = new FlowPublisher(qos)
  const subscribers = [new FlowSubscriber('here'), new FlowSubscriber('there')]
  const [here, there] = subscribers
  await publisher.connect(brokers, 0)
  await here?.connect(brokers, 0)
  await there?.connect(brokers, 0)
  mortal.callsLeft = call
  mortal.death = death
  publisher.publish()
  await exchange(brokers, publisher, subscribers)
  const died = mortal.dead
  if (died) await brokers.kill(0)
  mortal.dead = false
  mortal.callsLeft = Infinity
  // One comes back at the worker that is left, the other after it has been away for a while.
  await here?.connect(brokers, 1)
  await publisher.connect(brokers, 1)
  await exchange(brokers, publisher, subscribers)
  await there?.connect(brokers, 1)
  await exchange(brokers, publisher, subscribers)
  assert(publisher.done, 'the publisher got to its end')
  for (const { name, deliveries } of subscribers) {
    assert(deliveries >= 1, `${name} has the message`)
    if (qos === 2) assert.equal(deliveries, 1, `${name} has the message once`)
  }
  assert.deepEqual(brokers.log.errors, [])
  return died
}

async function exchange(
  brokers: TestBrokers,
  publisher: FlowPublisher,
  subscribers: readonly FlowSubscriber[],
): Promise<void> {
  let answered = true
  while (answered) {
    await brokers.settle()
    answered = publisher.answer()
    for (const subscriber of subscribers) answered = subscriber.answer() || answered
  }
}

function crashPoints(name: string, open: OpenStore | undefined): void {
  describe(`a worker that dies between two steps of a flow, with the store ${name},`, () => {
    for (const qos of [1, 2] as const) {
      for (const death of ['before', 'after'] as const) {
        it(`loses and doubles nothing at QoS ${qos}, ${death} each call of the store (CVE-2026-8741)`, async () => {
          let call = 1
          while (await dieInFlow(qos, call, death, open)) {
            call++
            assert(call < CALLS_MAX, 'the flow has an end')
          }
          assert(call > 3, `the flow has ${call - 1} calls only`)
        })
      }
    }
  })
}

crashPoints('in memory', undefined)

onRedis(open => crashPoints('in Redis', open))
