import assert from 'node:assert/strict'
import type { ConformanceClient } from '../../support/conformance-client.ts'
import { hex } from '../../support/wire-bytes.ts'
import type { Bench } from '../bench.ts'
import { messagesUntil, payloadsBeforeLast } from './steps.ts'

async function watcher(bench: Bench, options = 2): Promise<ConformanceClient> {
  const subscriber = await bench.connect()
  await subscriber.subscribe(bench.topic('will'), options)
  return subscriber
}

/** A connection that breaks, and one that is closed for a protocol error. */
export async function willIsPublished(bench: Bench): Promise<void> {
  const subscriber = await watcher(bench)
  const lost = await bench.connect({ will: { topicName: bench.topic('will'), payload: 'lost', qos: 1 } })
  lost.lose()
  const message = await subscriber.expect('publish')
  assert.deepEqual([message.payload.toString(), message.qos], ['lost', 1])
  const wrong = await bench.connect({ will: { topicName: bench.topic('will'), payload: 'wrong', qos: 2 } })
  wrong.send(hex('3603 000161'))
  const second = await subscriber.expect('publish')
  assert.deepEqual([second.payload.toString(), second.qos], ['wrong', 2])
}

/** Every QoS that a will may have. */
export async function willQoS(bench: Bench): Promise<void> {
  const subscriber = await watcher(bench)
  for (const qos of [0, 1, 2] as const) {
    const client = await bench.connect({ will: { topicName: bench.topic('will'), payload: 'gone', qos } })
    client.lose()
    assert.equal((await subscriber.expect('publish')).qos, qos)
  }
}

/** Published once: a later connection of the client that ends has it no more. */
export async function willOnce(bench: Bench): Promise<void> {
  const subscriber = await watcher(bench)
  const will = { topicName: bench.topic('will'), payload: 'gone', qos: 1 } as const
  const client = await bench.connectLasting(bench.name('mortal'), { will })
  client.lose()
  assert.deepEqual(await messagesUntil(subscriber, 'gone'), [])
  const again = await bench.connectLasting(bench.name('mortal'))
  again.lose()
  await bench.elapse(0.3)
  const publisher = await bench.connect()
  assert.deepEqual(await payloadsBeforeLast(subscriber, publisher, bench.topic('will'), { qos: 1 }), [])
}

export async function noWill(bench: Bench): Promise<void> {
  const subscriber = await watcher(bench)
  const client = await bench.connect()
  client.lose()
  const publisher = await bench.connect()
  assert.deepEqual(await payloadsBeforeLast(subscriber, publisher, bench.topic('will')), [])
}

/** A DISCONNECT that is in order. */
export async function willDiscarded(bench: Bench): Promise<void> {
  const subscriber = await watcher(bench)
  const client = await bench.connect({ will: { topicName: bench.topic('will'), payload: 'gone', qos: 1 } })
  await client.disconnect()
  const publisher = await bench.connect()
  assert.deepEqual(await payloadsBeforeLast(subscriber, publisher, bench.topic('will'), { qos: 1 }), [])
}

export async function willNotRetained(bench: Bench): Promise<void> {
  const subscriber = await watcher(bench)
  const client = await bench.connect({ will: { topicName: bench.topic('will'), payload: 'gone', qos: 1 } })
  client.lose()
  assert.deepEqual(await messagesUntil(subscriber, 'gone'), [])
  const late = await watcher(bench)
  const publisher = await bench.connect()
  assert.deepEqual(await payloadsBeforeLast(late, publisher, bench.topic('will')), [])
}

export async function willRetained(bench: Bench): Promise<void> {
  const subscriber = await watcher(bench)
  const will = { topicName: bench.topic('will'), payload: 'gone', qos: 1, retain: true } as const
  const client = await bench.connect({ will })
  client.lose()
  await messagesUntil(subscriber, 'gone')
  const late = await watcher(bench)
  const message = await late.expect('publish')
  assert.deepEqual([message.payload.toString(), message.retain], ['gone', true])
}
