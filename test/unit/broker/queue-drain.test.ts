import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { QueueDrain } from '../../../src/broker/queue-drain.ts'
import { Load } from '../../../src/broker/load-guard.ts'
import { Subscriber } from '../../../src/broker/subscriber.ts'
import { Counters } from '../../../src/core/counters.ts'
import { EndOfTick } from '../../../src/core/end-of-tick.ts'
import { BrokerError } from '../../../src/core/errors.ts'
import { Awaiting } from '../../../src/core/inflight-window.ts'
import { Message, NEVER_EXPIRES, NO_PROPERTIES } from '../../../src/core/message.ts'
import type { AppendResult, DeliveryOptions, QueuedMessage, QueueStore } from '../../../src/ports/store.ts'
import { PublishTemplate } from '../../../src/protocol/publish-template.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLog } from '../../support/recording-log.ts'
import { TestConnection } from '../../support/test-connection.ts'
import { DEFAULT_LIMITS } from '../../support/default-limits.ts'

const away = new BrokerError('STORE_UNAVAILABLE', 'the store is away')

describe('QueueDrain', () => {
  it('sends what is appended while it reads', async () => {
    const { drain, queue, sentPositions } = drained()
    queue.put(1)
    queue.hold()
    drain.wake()
    queue.put(2)
    drain.wake()
    queue.release()
    await nextTurn()
    assert.deepEqual(sentPositions(), [1, 2])
  })

  it('sends what is handed over when it has sent all before it, without reading', async () => {
    const { drain, queue, handOver, sentPositions } = drained()
    drain.wake()
    await nextTurn()
    for (const position of [1, 2, 3]) handOver(position)
    assert.deepEqual(sentPositions(), [1, 2, 3])
    assert.equal(queue.limits.length, 1)
  })

  it('reads instead where something before it is missing, and sends nothing twice', async () => {
    const { drain, queue, handOver, sentPositions } = drained()
    drain.wake()
    await nextTurn()
    for (const position of [1, 2, 3]) queue.put(position)
    handOver(2)
    handOver(3)
    await nextTurn()
    assert.deepEqual(sentPositions(), [1, 2, 3])
    const reads = queue.limits.length
    handOver(2)
    await nextTurn()
    assert.equal(queue.limits.length, reads)
  })

  it('takes nothing over while the window is full, and reads it when it has room', async () => {
    const { drain, queue, subscriber, handOver, sentPositions } = drained(1)
    drain.wake()
    await nextTurn()
    for (const position of [1, 2]) {
      queue.put(position)
      handOver(position)
    }
    await nextTurn()
    assert.deepEqual(sentPositions(), [1])
    subscriber.window.complete(1)
    drain.pump()
    await nextTurn()
    assert.deepEqual(sentPositions(), [2])
  })

  it('takes nothing over when the connection is gone', () => {
    const { drain, handOver, sentPositions } = drained()
    drain.close()
    handOver(1)
    assert.deepEqual(sentPositions(), [])
  })

  it('reads no more than the window has room for, and on when it has some', async () => {
    const { drain, queue, subscriber, sentPositions } = drained(2)
    for (let position = 1; position <= 5; position++) queue.put(position)
    drain.wake()
    await nextTurn()
    assert.deepEqual(sentPositions(), [1, 2])
    assert.deepEqual(queue.limits, [2])
    subscriber.window.complete(1)
    drain.pump()
    await nextTurn()
    assert.deepEqual(sentPositions(), [2, 3])
  })

  it('reads on behind an answer that ended for its size', async () => {
    const { drain, queue, sentPositions } = drained()
    for (let position = 1; position <= 7; position++) queue.put(position)
    queue.answerMax = 3
    drain.wake()
    await nextTurn()
    assert.deepEqual(sentPositions(), [1, 2, 3, 4, 5, 6, 7])
    assert.equal(queue.limits.length, 3)
  })

  it('does not send a message whose Packet Identifier is still in use, until it is free', async () => {
    const { drain, queue, subscriber, sentPositions } = drained()
    queue.put(1)
    queue.put(65_536)
    drain.wake()
    await nextTurn()
    assert.deepEqual(sentPositions(), [1])
    subscriber.window.complete(1)
    drain.pump()
    await nextTurn()
    assert.deepEqual(sentPositions(), [65_536])
  })

  it('sends nothing of what it has read when the connection is gone by then, and lets go of who waits', async () => {
    const { drain, queue, sentPositions } = drained()
    queue.put(1)
    queue.hold()
    drain.wake()
    const idle = drain.idle()
    drain.close()
    queue.release()
    await idle
    await nextTurn()
    assert.deepEqual(sentPositions(), [])
    drain.wake()
    assert.equal(queue.limits.length, 1, 'nothing more is read')
  })

  it('asks again, less and less often, while the store does not answer, and at once afterwards', async () => {
    const { drain, queue, clock, log, sentPositions } = drained()
    queue.put(1)
    queue.failure = away
    drain.wake()
    await nextTurn()
    const waits: (number | undefined)[] = []
    for (let attempt = 0; attempt < 8; attempt++) {
      waits.push(clock.nextTimerMs)
      clock.advance(clock.nextTimerMs ?? 0)
      await nextTurn()
    }
    assert.deepEqual(waits, [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000])
    assert.equal(log.errors.length, queue.limits.length)
    queue.failure = undefined
    clock.advance(5_000)
    await nextTurn()
    assert.deepEqual(sentPositions(), [1])
    assert.equal(clock.pendingTimers, 0)
    queue.failure = away
    drain.wake()
    await nextTurn()
    assert.equal(clock.nextTimerMs, 100, 'the next trouble begins anew')
  })

  it('waits with the store, whatever is acknowledged or appended meanwhile', async () => {
    const { drain, queue, clock, sentPositions } = drained()
    queue.failure = away
    drain.wake()
    await nextTurn()
    queue.failure = undefined
    queue.put(1)
    drain.wake()
    drain.pump()
    await nextTurn()
    assert.equal(queue.limits.length, 1)
    clock.advance(100)
    await nextTurn()
    assert.deepEqual(sentPositions(), [1])
  })

  it('asks no more when the connection is gone', async () => {
    for (const closeFirst of [true, false]) {
      const { drain, queue, clock } = drained()
      queue.failure = away
      drain.wake()
      if (closeFirst) drain.close()
      await nextTurn()
      drain.close()
      assert.equal(clock.pendingTimers, 0)
      clock.advance(60_000)
      await nextTurn()
      assert.equal(queue.limits.length, 1)
    }
  })

  it('tells the store once per tick what is acknowledged', async () => {
    const { drain, queue, ticks } = drained()
    for (const position of [1, 2, 3]) drain.remove(position)
    assert.deepEqual(queue.removals, [])
    ticks.flush()
    assert.deepEqual(queue.removals, [[1, 2, 3]])
    drain.remove(4)
    ticks.flush()
    assert.deepEqual(queue.removals, [[1, 2, 3], [4]])
  })

  it('is silent about what the store refuses because a newer connection has the session', async () => {
    const { drain, queue, ticks, log } = drained()
    drain.remove(1)
    queue.failure = new BrokerError('STALE_EPOCH', 'claimed again')
    ticks.flush()
    await nextTurn()
    assert.deepEqual(log.errors, [])
  })

  it('v5 [MQTT-4.3.3-7] sends again what was sent before it expired, and drops what expired while it waited', async () => {
    const { drain, queue, clock, ticks, sentPositions } = drained(1_000, 1)
    for (const position of [1, 2]) queue.put(position, messageUntil(clock.nowMs()))
    drain.wake()
    await nextTurn()
    ticks.flush()
    assert.deepEqual(sentPositions(), [1])
    assert.deepEqual(queue.removals, [[2]])
  })

  it('is idle when all was sent and at most half of the window is in flight', async () => {
    const { drain, queue, subscriber } = drained(4)
    let idle = 0
    for (const position of [1, 2, 3]) queue.put(position)
    drain.wake()
    const waiting = drain.idle().then(() => idle++)
    await nextTurn()
    assert.equal(idle, 0)
    subscriber.window.complete(1)
    drain.pump()
    await waiting
    assert.equal(idle, 1)
    await drain.idle()
  })
})

const delivery: DeliveryOptions = { qos: 1, retain: false, subscriptionIdentifiers: [] }
const never = messageUntil(NEVER_EXPIRES)

function messageUntil(expiresAtMs: number): Message {
  return new Message({
    topicName: 'a',
    payload: Buffer.from('x'),
    properties: NO_PROPERTIES,
    qos: 1,
    retain: false,
    expiresAtMs,
    publisher: '',
  })
}

/** A queue that a test fills, holds up and breaks. */
class TestQueue implements QueueStore {
  readonly limits: number[] = []
  readonly removals: (readonly number[])[] = []
  failure: Error | undefined = undefined
  /** Messages that one answer has room for. */
  answerMax = Infinity
  readonly #messages: QueuedMessage[] = []
  #held: Promise<void> | undefined = undefined
  #release: () => void = () => {}

  put(position: number, message = never): void {
    this.#messages.push({ position, message, released: false, delivery })
  }

  hold(): void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#held = promise
    this.#release = resolve
  }

  release(): void {
    this.#release()
    this.#held = undefined
  }

  append(): Promise<AppendResult> {
    throw new Error('a drain does not append')
  }

  async read(_clientId: string, after: number, limit: number): Promise<readonly QueuedMessage[]> {
    this.limits.push(limit)
    const found = this.#messages.filter(({ position }) => position > after).slice(0, limit)
    await this.#held
    if (this.failure !== undefined) throw this.failure
    return found.slice(0, this.answerMax).map((queued, index) => {
      return index + 1 === this.answerMax && found.length > this.answerMax ? { ...queued, moreFollow: true } : queued
    })
  }

  async markReleased(): Promise<void> {}

  async remove(_clientId: string, _epoch: number, positions: readonly number[]): Promise<void> {
    this.removals.push(positions)
    if (this.failure !== undefined) throw this.failure
  }
}

function drained(receiveMaximum = 1_000, sentUpTo = 0) {
  const ticks = new EndOfTick(() => {})
  const [counters, template, clock, log, queue] = [
    new Counters(),
    new PublishTemplate(),
    new FakeClock(),
    new RecordingLog(),
    new TestQueue(),
  ]
  const connection = new TestConnection(ticks, { arrived() {}, closed() {} })
  const context = {
    limits: DEFAULT_LIMITS,
    counters,
    load: { level: Load.normal },
    template,
    nowMs: () => clock.nowMs(),
  }
  const subscriber = new Subscriber(context, connection, {
    clientId: 'c',
    protocolVersion: 5,
    receiveMaximum,
    maximumPacketSizeBytes: undefined,
    topicAliasMaximum: 0,
  })
  const session = { subscriber, epoch: 1, sentUpTo }
  const drain = new QueueDrain({ queues: queue, counters, endOfTick: ticks, clock, log, template }, session)
  /** Positions in flight, from the window, up to the newest. */
  const sentPositions = (): readonly number[] => {
    const { window } = subscriber
    const positions: number[] = []
    for (let packetId = 1; packetId <= Math.min(window.next, 65_535); packetId++) {
      const position = window.find(packetId, Awaiting.puback)
      if (position !== 0) positions.push(position)
    }
    return positions
  }
  const handOver = (position: number): void => drain.handOver(position, never, Buffer.from('a'), delivery)
  return { drain, queue, subscriber, ticks, clock, log, handOver, sentPositions }
}
