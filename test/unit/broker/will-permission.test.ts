import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { mayPublishWill } from '../../../src/broker/will-permission.ts'
import { allowAllPermissions } from '../../../src/core/permissions.ts'
import type { StoredWill } from '../../../src/ports/store.ts'
import { messageWith } from '../../support/bus-worker.ts'

const will: StoredWill = {
  message: messageWith('gone', { topicName: 'wills/bee', qos: 1, retain: true }),
  delayIntervalSeconds: 0,
  messageExpiryIntervalSeconds: undefined,
}

describe('the permission for a will when its connection has ended', () => {
  it('is that of the topic, QoS and retain flag of the will', () => {
    const asked: unknown[] = []
    const permissions = {
      ...allowAllPermissions,
      mayPublish: (...message: readonly unknown[]) => {
        asked.push(message)
        return false
      },
    }
    assert.equal(mayPublishWill({ permissions, session: { will } }), false)
    assert.deepEqual(asked, [['wills/bee', 1, true]])
  })

  it('is there for a client that may publish, and where there is no will', () => {
    assert.equal(mayPublishWill({ permissions: allowAllPermissions, session: { will } }), true)
    const permissions = { ...allowAllPermissions, mayPublish: () => false }
    assert.equal(mayPublishWill({ permissions, session: { will: undefined } }), true)
  })
})
