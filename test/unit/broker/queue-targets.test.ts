import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { QueueTargets } from '../../../src/broker/queue-targets.ts'
import type { MergedOptions } from '../../../src/broker/route-target.ts'
import type { PersistentMember } from '../../../src/broker/subscribers.ts'

const exactlyOnce: MergedOptions = { maximumQoS: 2, retainAsPublished: true, subscriptionIdentifiers: [7] }
const atMostOnce: MergedOptions = { maximumQoS: 0, retainAsPublished: false, subscriptionIdentifiers: [] }

function member(clientId: string): PersistentMember {
  return { clientId, epoch: 1, entries: new Map(), subscriber: undefined, onlineAt: undefined }
}

describe('QueueTargets', () => {
  it('are the queues that want a message, with the lower QoS, and the same list each time', () => {
    const targets = new QueueTargets([
      { to: member('a'), options: exactlyOnce, ownOptions: exactlyOnce },
      { to: member('b'), options: atMostOnce, ownOptions: atMostOnce },
    ])
    const delivery = { qos: 1, retain: true, subscriptionIdentifiers: [7] }
    assert.deepEqual(targets.of(1, true, 'p'), [{ clientId: 'a', delivery }])
    assert.equal(targets.of(1, true, 'q'), targets.of(1, true, 'p'))
    assert.deepEqual(targets.of(2, false, 'p'), [{ clientId: 'a', delivery: { ...delivery, qos: 2, retain: false } }])
  })

  it('leave a publisher out that wants nothing of its own', () => {
    const targets = new QueueTargets([{ to: member('a'), options: exactlyOnce, ownOptions: undefined }])
    assert.deepEqual(targets.of(1, false, 'a'), [])
    assert.equal(targets.of(1, false, 'b').length, 1)
  })
})
