import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { it } from 'node:test'
import { SysPublisher } from '../../../src/cluster/sys-publisher.ts'
import { Counters } from '../../../src/core/counters.ts'
import { SysValues } from '../../../src/telemetry/sys-values.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLog } from '../../support/recording-log.ts'

const SIZES = { sessions: 0, retainedMessages: 0, queuedMessages: 0 }

it('the workers are told what they have counted together, once per interval and never twice at once', async () => {
  const clock = new FakeClock()
  const told: string[] = []
  let asked = Promise.withResolvers<readonly Counters[]>()
  const publisher = publisherOf(clock, () => asked.promise, told)
  publisher.start(10)
  clock.advance(10_000)
  clock.advance(10_000)
  asked.resolve([counted(2), counted(3)])
  await nextTurn()
  assert.deepEqual(told, ['5'])
  asked = Promise.withResolvers()
  asked.resolve([counted(4)])
  clock.advance(10_000)
  await nextTurn()
  assert.deepEqual(told, ['5', '4'])
  publisher.close()
  assert.equal(clock.pendingTimers, 0)
})

it('with an interval of 0 nothing is gathered', () => {
  const clock = new FakeClock()
  publisherOf(clock, () => Promise.resolve([]), []).start(0)
  assert.equal(clock.pendingTimers, 0)
})

/** Notes the count of received messages that the workers are told. */
function publisherOf(clock: FakeClock, counters: () => Promise<readonly Counters[]>, told: string[]): SysPublisher {
  return new SysPublisher({
    values: new SysValues('1', clock.nowMs()),
    counters,
    sizes: () => SIZES,
    tell: topics => {
      const received = topics.find(({ topicName }) => topicName === '$SYS/broker/publish/messages/received')
      told.push(received?.value ?? '')
    },
    clock,
    log: new RecordingLog(),
  })
}

function counted(messagesReceived: number): Counters {
  return Object.assign(new Counters(), { messagesReceived })
}
