import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Store } from '../../src/ports/store.ts'
import { TestBrokers } from '../support/test-broker.ts'
import { type Death, MortalStore } from './mortal-store.ts'
import { onRedis, type OpenStore } from './on-redis.ts'

/** More calls of the store than publishing a will takes. */
const CALLS_MAX = 40
const DELAY_SECONDS = 5

/** What makes a will due at worker 0. */
type Way = 'its delay has passed' | 'its client comes back after the delay' | 'its client loses its connection'

const ways: readonly Way[] = [
  'its delay has passed',
  'its client comes back after the delay',
  'its client loses its connection',
]

interface Outcome {
  readonly died: boolean
  /** How often the watcher has got the will. */
  readonly wills: number
}

/** Lets worker 0 die at a call of the store while it publishes a will. */
async function dieOverWill(way: Way, call: number, death: Death, open: OpenStore | undefined): Promise<Outcome> {
  let mortal: MortalStore | undefined
  const around = (store: Store): Store => (mortal = new MortalStore(store))
  const brokers = await TestBrokers.start(2, open === undefined ? { around } : { around, open })
  assert(mortal !== undefined)
  const watcher = await brokers.connect('watcher', { at: 1, sessionExpiry: 1000 })
  await watcher.subscribe('will', { qos: 1 })
  // It is away, so that only the worker that is to die calls the store.
  await watcher.lose()
  const willDelayInterval = way === 'its client loses its connection' ? 0 : DELAY_SECONDS
  const will = { topic: 'will', payload: 'gone', qos: 1, properties: { willDelayInterval } } as const
  const client = await brokers.connect('c', { will, sessionExpiry: 1000 })
  if (willDelayInterval > 0) await client.lose()
  // Only the worker that is to die looks what is due; nobody does where its client is to come first.
  brokers.worker(1).broker.stop()
  if (way === 'its client comes back after the delay') brokers.worker(0).broker.stop()
  mortal.callsLeft = call
  mortal.death = death
  const back =
    way === 'its client comes back after the delay'
      ? brokers.pass(DELAY_SECONDS * 1000).then(() => brokers.connect('c', { clean: false, admitted: false }))
      : undefined
  if (way === 'its client loses its connection') await client.lose()
  await back
  await brokers.pass(10_000)
  const died = mortal.dead
  if (died) await brokers.kill(0)
  mortal.dead = false
  mortal.callsLeft = Infinity
  await brokers.addWorker()
  await brokers.pass(10_000)
  const watching = await brokers.connect('watcher', { at: 2, clean: false, sessionExpiry: 1000 })
  assert.deepEqual(brokers.log.errors, [])
  return { died, wills: watching.payloads().length }
}

function willCrashPoints(name: string, open: OpenStore | undefined): void {
  describe(`a worker that dies while it publishes a will, with the store ${name},`, () => {
    for (const way of ways) {
      for (const death of ['before', 'after'] as const) {
        it(`loses none because ${way}, ${death} each call of the store`, async () => {
          for (let call = 1; ; call++) {
            assert(call < CALLS_MAX, 'it has an end')
            const { died, wills } = await dieOverWill(way, call, death, open)
            assert(wills >= 1, `at call ${call} the will is published`)
            if (died) continue
            assert.equal(wills, 1, 'and once where nobody dies')
            assert(call > 2, `there are ${call - 1} calls only`)
            return
          }
        })
      }
    }
  })
}

willCrashPoints('in memory', undefined)

onRedis(open => willCrashPoints('in Redis', open))
