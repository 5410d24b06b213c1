import assert from 'node:assert/strict'
import { Prop } from '../support/conformance-properties.ts'
import { publishBytes } from '../support/conformance-packets.ts'
import { packetCatalogue } from '../support/packet-catalogue.ts'
import type { WireCase } from '../support/packet-catalogue.ts'
import type { SuiteVersion } from '../support/conformance-packets.ts'
import type { Bench } from './bench.ts'
import type { Flow } from './conformance-case.ts'
import { messagesUntil } from './flows/steps.ts'

/** Something that the standard leaves open, or only recommends, as guardbee decides it. */
export interface Decision {
  readonly version: SuiteVersion
  readonly name: string
  readonly flow: Flow
}

const NOT_AUTHORIZED = 0x87
const MALFORMED = 0x81

/** v5 4.13: the client is told the exact Reason Code before the connection is closed. */
const errorCodes: readonly Decision[] = packetCatalogue.flatMap(wireCase => {
  if (!('violation' in wireCase.expected)) return []
  if (wireCase.first)
    return [
      {
        version: 5 as const,
        name: `${wireCase.name} is answered by CONNACK or nothing`,
        flow: answeredByConnack(wireCase),
      },
    ]
  if (!wireCase.versions.includes(5)) return []
  return [
    { version: 5 as const, name: `${wireCase.name} is answered by DISCONNECT`, flow: answeredByDisconnect(wireCase) },
  ]
})

function answeredByDisconnect({ bytes, expected }: WireCase): Flow {
  return async bench => {
    const client = await bench.connect()
    client.send(bytes)
    await client.expectClosed()
    assert.equal((await client.expect('disconnect')).reasonCode, 'violation' in expected ? expected.violation : 0)
  }
}

function answeredByConnack({ bytes, expected }: WireCase): Flow {
  return async bench => {
    if (!('violation' in expected)) return
    const client = await bench.open(bench.name('first'), expected.connackVersion === 5 ? 5 : 4)
    client.send(bytes)
    await client.expectClosed()
    const kinds = client.arrivals.map(({ packet }) => packet.cmd)
    if (expected.connackVersion === undefined) return assert.deepEqual(kinds, [])
    const connack = await client.expect('connack')
    if (expected.connackVersion === 5) assert.equal(connack.reasonCode, expected.violation)
    return assert.deepEqual(kinds, ['connack'])
  }
}

/** A client's PUBLISH to a topic of the broker's own: refused with 0x87. */
function refusedTopic(topicName: string): Flow {
  return async bench => {
    const client = await bench.connect()
    client.send(publishBytes(5, topicName, 'x', { qos: 1, packetId: 1 }))
    assert.equal((await client.expect('puback')).reasonCode, NOT_AUTHORIZED)
  }
}

/** v5 3.3.4: one copy, at the highest granted QoS, with all Subscription Identifiers. */
async function oneCopy(bench: Bench): Promise<void> {
  const [subscriber, publisher] = await Promise.all([bench.connect(), bench.connect()])
  await subscriber.subscribe(bench.topic('a/#'), 1, [Prop.subscriptionIdentifier(1)])
  await subscriber.subscribe(bench.topic('+/b'), 2, [Prop.subscriptionIdentifier(2)])
  await publisher.publish(bench.topic('a/b'), 'x', { qos: 2 })
  await publisher.publish(bench.topic('a/end'), 'end', { qos: 2 })
  const copies = await messagesUntil(subscriber, 'end')
  assert.equal(copies.length, 1)
  assert.equal(copies[0]?.qos, 2)
  assert.deepEqual(new Set([copies[0]?.properties?.subscriptionIdentifier].flat()), new Set([1, 2]))
}

function controlCharacter(topic: string): Flow {
  return async bench => {
    const client = await bench.connect()
    client.send(publishBytes(5, bench.topic(topic), 'x', { properties: [Prop.contentType('a\nb')] }))
    await client.expectClosed()
    assert.equal((await client.expect('disconnect')).reasonCode, MALFORMED)
  }
}

/** The decisions of guardbee, for guardbee only. */
export const decisions: readonly Decision[] = [
  ...errorCodes,
  { version: 5, name: 'a PUBLISH to $SYS is refused with 0x87', flow: refusedTopic('$SYS/broker/uptime') },
  { version: 5, name: 'a PUBLISH to $share is refused with 0x87', flow: refusedTopic('$share/group/a') },
  { version: 5, name: 'overlapping subscriptions bring one copy', flow: oneCopy },
  { version: 5, name: 'a control character in a property is malformed', flow: controlCharacter('a') },
]
