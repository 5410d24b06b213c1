import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Counters } from '../../../src/core/counters.ts'
import { SysValues } from '../../../src/telemetry/sys-values.ts'

const NO_SIZES = { sessions: 0, retainedMessages: 0, queuedMessages: 0 }

describe('the values of the $SYS tree', () => {
  it('are those of Mosquitto, by its names', () => {
    const values = new SysValues('1.2.3', 0)
    const counters = countersWith({
      sessionsConnected: 3,
      subscriptions: 4,
      sharedSubscriptions: 1,
      sessionsExpired: 2,
      messagesReceived: 10,
      controlPacketsReceived: 5,
      messagesSent: 20,
      controlPacketsSent: 7,
      payloadBytesReceived: 100,
      payloadBytesSent: 200,
      bytesReceived: 1_000,
      bytesSent: 2_000,
      droppedExpired: 1,
      droppedLoad: 2,
    })
    const sizes = { sessions: 5, retainedMessages: 6, queuedMessages: 7 }
    const topics = values.update(90_500, counters, sizes).filter(({ topicName }) => !topicName.includes('/load/'))
    assert.deepEqual(Object.fromEntries(topics.map(({ topicName, value }) => [topicName, value])), {
      '$SYS/broker/version': 'guardbee version 1.2.3',
      '$SYS/broker/uptime': '90 seconds',
      '$SYS/broker/clients/total': '5',
      '$SYS/broker/clients/connected': '3',
      '$SYS/broker/clients/disconnected': '2',
      '$SYS/broker/clients/maximum': '5',
      '$SYS/broker/clients/expired': '2',
      '$SYS/broker/subscriptions/count': '4',
      '$SYS/broker/shared_subscriptions/count': '1',
      '$SYS/broker/retained messages/count': '6',
      '$SYS/broker/messages/stored': '13',
      '$SYS/broker/store/messages/count': '13',
      '$SYS/broker/messages/received': '15',
      '$SYS/broker/messages/sent': '27',
      '$SYS/broker/publish/messages/received': '10',
      '$SYS/broker/publish/messages/sent': '20',
      '$SYS/broker/publish/messages/dropped': '3',
      '$SYS/broker/publish/bytes/received': '100',
      '$SYS/broker/publish/bytes/sent': '200',
      '$SYS/broker/bytes/received': '1000',
      '$SYS/broker/bytes/sent': '2000',
    })
  })

  it('remember the most clients, and never have more connected than there are', () => {
    const values = new SysValues('1', 0)
    const clients = (sessions: number, sessionsConnected: number): readonly (string | undefined)[] => {
      const topics = values.update(1_000, countersWith({ sessionsConnected }), { ...NO_SIZES, sessions })
      return ['total', 'disconnected', 'maximum'].map(
        name => topics.find(({ topicName }) => topicName === `$SYS/broker/clients/${name}`)?.value,
      )
    }
    assert.deepEqual(clients(9, 4), ['9', '5', '9'])
    assert.deepEqual(clients(2, 3), ['3', '0', '9'])
  })

  it('leave out what they would tell of a store that is not theirs', () => {
    const topics = new SysValues('1', 0).update(1, new Counters(), undefined)
    assert.deepEqual(
      topics.filter(({ topicName }) => /stor|retained/.test(topicName)),
      [],
    )
  })
})

describe('a load average', () => {
  const load = (values: SysValues, nowMs: number, messagesReceived: number): readonly number[] => {
    const topics = values.update(nowMs, countersWith({ messagesReceived }), NO_SIZES)
    return ['1min', '5min', '15min'].map(name =>
      Number(topics.find(({ topicName }) => topicName === `$SYS/broker/load/publish/received/${name}`)?.value),
    )
  }

  it('comes to the rate per minute, the short one soonest, and goes down again', () => {
    const values = new SysValues('1', 0)
    let last: readonly number[] = []
    for (let minute = 1; minute <= 3; minute++) {
      const now = load(values, minute * 60_000, minute * 600)
      const [short = 0, middle = 0, long = 0] = now
      assert.ok(short > middle && middle > long && short < 600, String(now))
      assert.ok(short > (last[0] ?? 0))
      last = now
    }
    assert.equal(last[0], 570.13) // 600 * (1 - e^-3)
    const [after = 0] = load(values, 240_000, 1_800)
    assert.equal(after, 209.74)
  })

  it('takes counters that begin anew, as after the death of a worker, for no messages', () => {
    const values = new SysValues('1', 0)
    load(values, 60_000, 1_000)
    const [before = 0] = load(values, 120_000, 1_000)
    const [after = 0] = load(values, 180_000, 10)
    assert.ok(after >= 0 && after < before)
  })
})

function countersWith(values: Partial<Counters>): Counters {
  return Object.assign(new Counters(), values)
}
