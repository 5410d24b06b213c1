import assert from 'node:assert/strict'
import { connectWithFlags, publishBytes } from '../support/conformance-packets.ts'
import { packet, str, u16, u8 } from '../support/wire-bytes.ts'
import { NotApplicable } from './bench.ts'
import type { Bench } from './bench.ts'
import type { Runnable } from './conformance-case.ts'
import { connackFirstAndOnce, connectIsAcknowledged, otherProtocolName } from './flows/connecting.ts'
import { exactlyOnce, ordered, pubrelResent, qos0DuplicateFlag, resentInOrder } from './flows/delivery.ts'
import { cleanSessionEnds, sessionSurvivesLoss, silentClient, takeOver } from './flows/sessions.ts'
import { pair, refuses } from './flows/steps.ts'
import { identicalReplaces, lowerQoS, nothingNewAfterUnsubscribe } from './flows/subscribing.ts'
import { dollarTopics, matching } from './flows/topics.ts'
import { willDiscarded, willIsPublished, willOnce, willQoS, willRetained } from './flows/wills.ts'

/** A case of MQTT 3.1 (`MQIsdp`, level 3), whose text does not number its statements. */
export interface Case31 extends Runnable {
  readonly version: 3
  readonly name: string
}

const CLEAN = 0x02
const UNACCEPTABLE_PROTOCOL_VERSION = 1
const IDENTIFIER_REJECTED = 2

/** The byte before the Return Code is reserved in MQTT 3.1; 3.1.1 made it Session Present. */
async function reservedByte(bench: Bench): Promise<void> {
  const first = await bench.connectLasting(bench.name('kept'))
  await first.disconnect()
  const again = await bench.connectLasting(bench.name('kept'))
  assert.deepEqual(
    [first, again].map(({ arrivals }) => arrivals[0]?.bytes.toString('hex')),
    ['20020000', '20020000'],
  )
}

/** The text allows 23 characters; clients have always used more. */
async function longClientId(bench: Bench): Promise<void> {
  const client = await bench.open(bench.name('x'.repeat(80)))
  client.send(bench.connectBytes(client.clientId))
  const { returnCode } = await client.expect('connack')
  if (returnCode === IDENTIFIER_REJECTED) throw new NotApplicable('it is refused, as the text allows')
  assert.equal(returnCode, 0)
}

/** The text wants at least one character, and knows no identifiers of the server's. */
async function emptyClientId(bench: Bench): Promise<void> {
  for (const flags of [CLEAN, 0]) {
    const client = await bench.open()
    client.send(connectWithFlags(3, flags, bench.fields('')))
    assert.equal((await client.expect('connack')).returnCode, IDENTIFIER_REJECTED)
    await client.expectClosed()
  }
}

/** A protocol name with the level of another. */
async function otherLevels(bench: Bench): Promise<void> {
  for (const [name, level] of [
    ['MQIsdp', 4],
    ['MQIsdp', 2],
  ] as const) {
    const client = await bench.open()
    client.send(packet(0x10, str(name), u8(level, CLEAN), u16(0), str(client.clientId)))
    assert.equal((await client.expect('connack')).returnCode, UNACCEPTABLE_PROTOCOL_VERSION)
    await client.expectClosed()
  }
}

const otherName = refuses(bench => packet(0x10, str('MQTT'), u8(3, CLEAN), u16(0), str(bench.name('x'))))

/** Each version hears what the others say. */
async function otherVersions(bench: Bench): Promise<void> {
  const { subscriber, topicName } = await pair(bench, 1)
  let heard = 0
  for (const version of [3, 4, 5] as const) {
    const publisher = await bench.open(bench.name(`p${version}`), version)
    publisher.send(connectWithFlags(version, CLEAN, bench.fields(publisher.clientId)))
    const connack = await publisher.expect('connack').catch(() => undefined)
    if (connack === undefined || (connack.reasonCode ?? connack.returnCode) !== 0) continue // it does not speak that one
    publisher.send(publishBytes(version, topicName, `${version}`, { qos: 1, packetId: 1 }))
    assert.equal((await subscriber.expect('publish')).payload.toString(), `${version}`)
    heard += 1
  }
  assert.ok(heard > 1, 'no other version is served')
}

/** The cases of MQTT 3.1. */
export const cases31: readonly Case31[] = [
  case31('CONNECT is answered by CONNACK 0', connectIsAcknowledged),
  case31('the byte before the Return Code is 0 though there is a session', reservedByte),
  case31('CONNACK comes first and once', connackFirstAndOnce),
  case31('a Client Identifier of more than 23 characters is accepted', longClientId),
  case31('an empty Client Identifier is answered with 0x02 and closed', emptyClientId),
  case31('another level is answered with 0x01 and closed', otherLevels),
  case31('the name of 3.1.1 with the level of 3.1 is refused', otherName),
  case31('another protocol name is refused', otherProtocolName),
  case31('a client that connects again disconnects the first', takeOver),
  case31('a silent client is closed and its will published', silentClient),
  case31('Clean Session ends with its connection', cleanSessionEnds),
  case31('QoS 1 and 2 messages wait for a session that lost its connection', sessionSurvivesLoss),
  case31('a will is published when the connection breaks', willIsPublished),
  case31('a will has its QoS', willQoS),
  case31('a will is published once', willOnce),
  case31('a will is retained when it says so', willRetained),
  case31('a will is discarded by DISCONNECT', willDiscarded),
  case31('a message has the lower QoS of the published and the granted one', lowerQoS),
  case31('an identical Topic Filter replaces the subscription', identicalReplaces),
  case31('after UNSUBSCRIBE nothing new comes', nothingNewAfterUnsubscribe),
  case31('QoS 0 has no DUP', qos0DuplicateFlag),
  case31('what is unacknowledged is sent again on reconnect, in order', resentInOrder),
  case31('PUBREL is sent again', pubrelResent),
  case31('QoS 2 arrives exactly once', exactlyOnce),
  case31('messages keep their order', ordered),
  case31('filters match what they should', matching),
  case31('wildcards do not see topics that begin with $', dollarTopics),
  case31('versions hear each other', otherVersions),
]

function case31(name: string, flow: Runnable['flow']): Case31 {
  return { version: 3, name, flow }
}
