import { qosOf } from '../../core/message-codec.ts'
import type { DeliveryOptions } from '../../ports/store.ts'

/** Deliveries without identifiers, as most are: there are six, which all queues share. */
const plainDeliveries: readonly DeliveryOptions[] = [0, 1, 2].flatMap(qos =>
  [false, true].map(retain => ({ qos: qosOf(qos), retain, subscriptionIdentifiers: [] })),
)

/** The same delivery, shared with all others like it where it can be. */
export function sharedDelivery(delivery: DeliveryOptions): DeliveryOptions {
  if (delivery.subscriptionIdentifiers.length > 0) return delivery
  return plainDeliveries[delivery.qos * 2 + (delivery.retain ? 1 : 0)] ?? delivery
}
