import { Load } from '../../src/broker/load-guard.ts'
import { Subscriber } from '../../src/broker/subscriber.ts'
import { Counters } from '../../src/core/counters.ts'
import { EndOfTick } from '../../src/core/end-of-tick.ts'
import { PublishTemplate } from '../../src/protocol/publish-template.ts'
import { TestConnection } from './test-connection.ts'
import { DEFAULT_LIMITS } from './default-limits.ts'

/** A subscriber whose connection leads nowhere. */
export function subscriberOf(clientId: string): Subscriber {
  const [counters, template] = [new Counters(), new PublishTemplate()]
  const context = { limits: DEFAULT_LIMITS, counters, load: { level: Load.normal }, template, nowMs: () => 0 }
  const connection = new TestConnection(new EndOfTick(() => {}), { arrived() {}, closed() {} })
  return new Subscriber(context, connection, {
    clientId,
    protocolVersion: 5,
    receiveMaximum: 10,
    maximumPacketSizeBytes: undefined,
    topicAliasMaximum: 0,
  })
}
