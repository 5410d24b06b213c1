import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sharedDelivery } from '../../../../src/store/embedded/shared-delivery.ts'

it('deliveries alike share one object, unless they have Subscription Identifiers', () => {
  for (const qos of [0, 1, 2] as const) {
    for (const retain of [false, true]) {
      const delivery = { qos, retain, subscriptionIdentifiers: [] }
      assert.deepEqual(sharedDelivery(delivery), delivery)
      assert.equal(sharedDelivery(delivery), sharedDelivery({ ...delivery }))
    }
  }
  const own = { qos: 1, retain: false, subscriptionIdentifiers: [7] } as const
  assert.equal(sharedDelivery(own), own)
})
