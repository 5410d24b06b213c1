import assert from 'node:assert/strict'
import type { Packet } from 'mqtt-packet'
import { mayCarry } from '../../../src/protocol/reason-codes.ts'
import type { ReasonCodeCarrier } from '../../../src/protocol/reason-codes.ts'
import type { ConformanceClient } from '../../support/conformance-client.ts'
import { publishBytes } from '../../support/conformance-packets.ts'
import { Prop } from '../../support/conformance-properties.ts'
import type { Bench } from '../bench.ts'
import { casesOf } from '../conformance-case.ts'
import type { ConformanceCase } from '../conformance-case.ts'
import { pubrelFlags } from '../flows/subscribing.ts'

/** Enough for any CONNACK and for no explanation. */
const SMALL = 40

/** Has the server send each acknowledgement, for good reasons and bad ones. */
async function provoke(bench: Bench, properties: readonly Buffer[] = []): Promise<ConformanceClient> {
  const client = await bench.connect({ properties })
  client.acknowledging = false
  client.send(
    publishBytes(5, bench.topic(), 'x', { qos: 1, packetId: 1 }),
    publishBytes(5, bench.topic(), 'x', { qos: 2, packetId: 2 }),
  )
  client.acknowledge('pubrel', 2)
  client.acknowledge('pubrel', 77)
  client.acknowledge('pubrec', 78)
  await client.ping()
  if (properties.length === 0) await completeOneDelivery(bench, client)
  for (const qos of [1, 2] as const) {
    client.send(publishBytes(5, '$SYS/conformance', 'x', { qos, packetId: 2 + qos }))
    await Promise.race([client.ping().catch(() => undefined), client.expectClosed().catch(() => undefined)])
    if (client.isClosed) break
  }
  return client
}

/** A QoS 2 message to the client, for a PUBREL. */
async function completeOneDelivery(bench: Bench, client: ConformanceClient): Promise<void> {
  const publisher = await bench.connect()
  await client.subscribe(bench.topic('mine'), 2)
  await publisher.publish(bench.topic('mine'), 'x', { qos: 2 })
  const { messageId } = await client.expect('publish')
  client.acknowledge('pubrec', messageId)
  await client.expect('pubrel', pubrel => pubrel.messageId === messageId)
}

async function reasonCodes(bench: Bench, cmd: Packet['cmd'], carrier: ReasonCodeCarrier): Promise<void> {
  const client = await provoke(bench)
  const packets = client.bytesOf(cmd)
  assert.ok(packets.length > 0, `no ${carrier} was sent`)
  for (const bytes of packets) assert.ok(mayCarry(carrier, bytes[4] ?? 0), `${carrier} with ${bytes[4]}`)
}

/** Nothing is larger than the client takes; what might be left out is left out. */
async function fits(bench: Bench, cmd: Packet['cmd']): Promise<void> {
  const client = await provoke(bench, [Prop.maximumPacketSize(SMALL)])
  for (const bytes of client.bytesOf(cmd)) assert.ok(bytes.length <= SMALL, `${bytes.length} bytes`)
}

/** PUBACK, PUBREC, PUBREL and PUBCOMP. */
export const acknowledgements: readonly ConformanceCase[] = casesOf(5, [
  ['3.4.2-1', 'PUBACK has one of its Reason Codes', bench => reasonCodes(bench, 'puback', 'PUBACK')],
  ['3.4.2-2', 'a Reason String does not make PUBACK too large', bench => fits(bench, 'puback')],
  ['3.4.2-3', 'User Properties do not make PUBACK too large', bench => fits(bench, 'puback')],
  ['3.5.2-1', 'PUBREC has one of its Reason Codes', bench => reasonCodes(bench, 'pubrec', 'PUBREC')],
  ['3.5.2-2', 'a Reason String does not make PUBREC too large', bench => fits(bench, 'pubrec')],
  ['3.5.2-3', 'User Properties do not make PUBREC too large', bench => fits(bench, 'pubrec')],
  ['3.6.1-1', 'PUBREL with other flags closes the connection', pubrelFlags],
  ['3.6.2-1', 'PUBREL has one of its Reason Codes', bench => reasonCodes(bench, 'pubrel', 'PUBREL')],
  ['3.6.2-2', 'a Reason String does not make PUBREL too large', bench => fits(bench, 'pubrel')],
  ['3.6.2-3', 'User Properties do not make PUBREL too large', bench => fits(bench, 'pubrel')],
  ['3.7.2-1', 'PUBCOMP has one of its Reason Codes', bench => reasonCodes(bench, 'pubcomp', 'PUBCOMP')],
  ['3.7.2-2', 'a Reason String does not make PUBCOMP too large', bench => fits(bench, 'pubcomp')],
  ['3.7.2-3', 'User Properties do not make PUBCOMP too large', bench => fits(bench, 'pubcomp')],
])
