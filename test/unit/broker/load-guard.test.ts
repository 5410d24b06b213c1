import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LoadGuard } from '../../../src/broker/load-guard.ts'
import { ReadGate } from '../../../src/broker/read-gate.ts'
import { Counters } from '../../../src/core/counters.ts'
import { EndOfTick } from '../../../src/core/end-of-tick.ts'
import { ReasonCode } from '../../../src/protocol/reason-codes.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLog } from '../../support/recording-log.ts'
import { TestConnection } from '../../support/test-connection.ts'
import { TestBrokers } from '../../support/test-broker.ts'

const SERVER_UNAVAILABLE = 3
const limits = { queuedBytesMax: 1_000, lagMsMax: 500 }

describe('the level of the load', () => {
  it('follows the bytes that wait for all clients together, and is left a fifth below its bound', () => {
    const { counters, clock, guard } = guarded()
    const levels = [0, 499, 500, 401, 399, 750, 601, 599, 1_000, 5_000, 801, 799, 0].map(bytes => {
      counters.bytesPending = Math.floor(bytes / 2)
      counters.bytesWaiting = bytes - counters.bytesPending
      clock.advance(100)
      return guard.level
    })
    assert.deepEqual(levels, [0, 0, 1, 1, 0, 2, 2, 1, 3, 3, 3, 2, 0])
  })

  it('rises with the message that reaches the next bound, without waiting for a check', () => {
    const { counters, guard } = guarded()
    const gate = new ReadGate(new TestConnection(new EndOfTick(() => {}), { arrived() {}, closed() {} }))
    const levels = [499, 500, 749, 750, 999, 1_000, 0].map(bytes => {
      counters.bytesPending = bytes
      guard.published(gate)
      return guard.level
    })
    assert.deepEqual(levels, [0, 1, 1, 2, 2, 3, 3])
    assert.equal(gate.closed, true)
  })

  it('follows how late the timers run, if they are late twice in a row', () => {
    const clock = new LateClock()
    const guard = new LoadGuard({ clock, limits, counters: new Counters(), log: new RecordingLog() })
    guard.start()
    const levels = [0, 60_000, 0, 500, 499, 500, 500, 1_000, 1_000, 2_000, 2_000, 10, 10].map(lateMs => {
      clock.turn(lateMs)
      return guard.level
    })
    assert.deepEqual(levels, [0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 0, 0])
  })

  it('is said once on the way up and once when it is over', () => {
    const { counters, clock, guard, log } = guarded()
    for (const bytes of [500, 600, 1_000, 500, 1_000, 0, 0]) {
      counters.bytesPending = bytes
      clock.advance(100)
    }
    guard.stop()
    assert.deepEqual(
      log.entries.map(({ event, fields }) => [event, fields?.['level'] ?? fields?.['highestLevel']]),
      [
        ['overloaded: load is shed', 1],
        ['overloaded: load is shed', 3],
        ['no longer overloaded', 3],
      ],
    )
    assert.equal(clock.pendingTimers, 0)
  })
})

describe('an overloaded worker', () => {
  it('refuses new clients first, and goes on with those that it has', async () => {
    const brokers = await loaded(0)
    const [subscriber, publisher] = [await brokers.connect('s'), await brokers.connect('p')]
    await subscriber.subscribe('a')
    await load(brokers, 500)
    assert.equal((await brokers.connect('n', { admitted: false })).expect('connack').reasonCode, ReasonCode.ServerBusy)
    const old = await brokers.connect('n', { version: 4, admitted: false })
    assert.equal(old.expect('connack').returnCode, SERVER_UNAVAILABLE)
    assert.equal(brokers.count('connectsShed'), 2)
    assert.equal(brokers.door.shown.length, 2)
    await publisher.publish('a', 'x')
    assert.deepEqual(subscriber.payloads(), ['x'])
    await load(brokers, 0)
    await brokers.connect('n')
  })

  it('sheds for an event loop that lags in the same order: new clients, then QoS 0 to who does not read', async () => {
    const clock = new LateClock()
    const brokers = await TestBrokers.start(1, { clock, limits: { lagMsMax: limits.lagMsMax } })
    const [slow, quick] = [await brokers.connect('slow'), await brokers.connect('quick')]
    const publisher = await brokers.connect('p')
    for (const client of [slow, quick]) await client.subscribe('a', { qos: 1 })
    slow.connection.reading = false
    await publisher.publish('a', 'unread')
    const answers: number[] = []
    for (const lagMs of [limits.lagMsMax - 1, limits.lagMsMax, 2 * limits.lagMsMax]) {
      for (const _ of ['once may be chance', 'twice is lag']) {
        clock.turn(lagMs)
        await brokers.settle()
      }
      const late = await brokers.connect(`late ${lagMs}`, { admitted: false })
      answers.push(late.expect('connack').reasonCode ?? 0)
      await publisher.publish('a', `${lagMs}`)
      await publisher.publish('a', `${lagMs} kept`, { qos: 1 })
    }
    assert.deepEqual(answers, [ReasonCode.Success, ReasonCode.ServerBusy, ReasonCode.ServerBusy])
    slow.connection.readOn()
    await brokers.settle()
    assert.deepEqual(slow.payloads(), ['unread', '499', '499 kept', '500', '500 kept', '1000 kept'])
    assert.deepEqual(quick.payloads(), ['unread', '499', '499 kept', '500', '500 kept', '1000', '1000 kept'])
    for (const _ of [0, 1]) {
      clock.turn(0)
      await brokers.settle()
    }
    await brokers.connect('in time again')
  })

  it('v5 4.11 names another server where there is one', async () => {
    const brokers = await loaded(500, 'other.example:8883')
    const connack = (await brokers.connect('n', { admitted: false })).expect('connack')
    assert.equal(connack.reasonCode, ReasonCode.UseAnotherServer)
    assert.equal(connack.properties?.serverReference, 'other.example:8883')
  })

  it('then drops QoS 0 messages to who does not read, and to nobody else', async () => {
    const brokers = await loaded(0)
    const [slow, quick] = [await brokers.connect('slow'), await brokers.connect('quick')]
    const publisher = await brokers.connect('p')
    for (const client of [slow, quick]) await client.subscribe('a', { qos: 1 })
    slow.connection.reading = false
    await publisher.publish('a', 'unread')
    for (const [bytes, payload] of [
      [500, 'busy'],
      [750, 'shedding'],
    ] as const) {
      await load(brokers, bytes)
      await publisher.publish('a', payload)
      await publisher.publish('a', `${payload} 1`, { qos: 1 })
    }
    assert.equal(brokers.count('droppedLoad'), 1)
    slow.connection.readOn()
    await brokers.settle()
    assert.deepEqual(slow.payloads(), ['unread', 'busy', 'busy 1', 'shedding 1'])
    assert.deepEqual(quick.payloads(), ['unread', 'busy', 'busy 1', 'shedding', 'shedding 1'])
  })

  it('at last reads publishers once per check, and lets no more messages wait in memory', async () => {
    const brokers = await loaded(0)
    const subscriber = await brokers.connect('s', { properties: { receiveMaximum: 1 } })
    subscriber.acknowledging = false
    await subscriber.subscribe('a', { qos: 1 })
    const publisher = await brokers.connect('p')
    await load(brokers, 1_000)
    await publisher.publish('a', '1', { qos: 1 })
    await publisher.publish('a', '2', { qos: 1 })
    assert.equal(brokers.count('droppedLoad'), 1)
    assert.deepEqual([publisher.connection.paused, subscriber.connection.paused], [true, false])
    assert.equal(brokers.count('readsHeld'), 1)
    await load(brokers, 1_000)
    assert.equal(publisher.connection.paused, false)
    await publisher.publish('a', '3')
    assert.equal(publisher.connection.paused, true)
    await load(brokers, 0)
    assert.equal(publisher.connection.paused, false)
    for (const client of [subscriber, publisher]) await client.lose()
    brokers.assertNothingLeft()
  })
})

function guarded(): {
  readonly counters: Counters
  readonly clock: FakeClock
  readonly guard: LoadGuard
  readonly log: RecordingLog
} {
  const [counters, clock, log] = [new Counters(), new FakeClock(), new RecordingLog()]
  const guard = new LoadGuard({ counters, clock, log, limits })
  guard.start()
  return { counters, clock, guard, log }
}

/** Its timers run as late as a test says. */
class LateClock extends FakeClock {
  #lateMs = 0

  override nowMs(): number {
    return super.nowMs() + this.#lateMs
  }

  turn(lateMs: number): void {
    this.#lateMs += lateMs
    this.advance(100)
  }
}

async function loaded(bytes: number, serverReference?: string): Promise<TestBrokers> {
  const brokers = await TestBrokers.start(1, { limits: { queuedBytesMax: 1_000, serverReference } })
  await load(brokers, bytes)
  return brokers
}

/** So many bytes wait for clients from now on. */
async function load(brokers: TestBrokers, bytes: number): Promise<void> {
  brokers.worker().counters.bytesPending = bytes
  await brokers.pass(100)
}
