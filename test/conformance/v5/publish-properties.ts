import assert from 'node:assert/strict'
import type { ConformanceClient } from '../../support/conformance-client.ts'
import { publishBytes } from '../../support/conformance-packets.ts'
import { Prop } from '../../support/conformance-properties.ts'
import { NotApplicable } from '../bench.ts'
import type { Bench } from '../bench.ts'
import { casesOf } from '../conformance-case.ts'
import type { ConformanceCase } from '../conformance-case.ts'
import { ILL_FORMED } from '../flows/format.ts'
import { closesOn, messagesUntil, pair, payloadsBeforeLast } from '../flows/steps.ts'
import { userPropertiesOf } from './user-properties.ts'

/** Every property that goes from publisher to subscriber. */
async function passedOn(bench: Bench): Promise<ConformanceClient> {
  const { subscriber, publisher, topicName } = await pair(bench)
  await publisher.publish(topicName, 'x', {
    properties: [
      Prop.user('b', '1'),
      Prop.payloadFormatIndicator(1),
      Prop.contentType('text/größe'),
      Prop.user('a', '2'),
      Prop.responseTopic('answers/to/me'),
      Prop.correlationData(Buffer.from([0, 1, 255])),
      Prop.user('b', '1'),
    ],
  })
  return subscriber
}

async function property(
  bench: Bench,
  name: 'payloadFormatIndicator' | 'contentType' | 'responseTopic',
  value: unknown,
): Promise<void> {
  const { properties } = await (await passedOn(bench)).expect('publish')
  assert.equal(properties?.[name], value)
}

async function correlationData(bench: Bench): Promise<void> {
  const { properties } = await (await passedOn(bench)).expect('publish')
  assert.deepEqual(properties?.correlationData, Buffer.from([0, 1, 255]))
}

async function userProperties(bench: Bench): Promise<void> {
  const subscriber = await passedOn(bench)
  await subscriber.expect('publish')
  assert.deepEqual(userPropertiesOf(subscriber.bytesOf('publish')[0]), [
    ['b', '1'],
    ['a', '2'],
    ['b', '1'],
  ])
}

/** A message that waits in a queue for longer than it lives, and one that is retained. */
async function expired(bench: Bench): Promise<void> {
  const subscriber = await bench.connectLasting(bench.name('away'))
  await subscriber.subscribe(bench.topic(), 1)
  await subscriber.disconnect()
  const publisher = await bench.connect()
  const properties = [Prop.messageExpiryInterval(1)]
  await publisher.publish(bench.topic(), 'waiting', { qos: 1, properties })
  await publisher.publish(bench.topic('retained'), 'retained', { qos: 1, retain: true, properties })
  await bench.elapse(2.2)
  const again = await bench.connectLasting(bench.name('away'))
  await again.subscribe(bench.topic('retained'), 1)
  assert.deepEqual(await payloadsBeforeLast(again, publisher, bench.topic(), { qos: 1 }), [])
}

/** Counted down by the time in a queue, and by the time as a retained message. */
async function expiryCountedDown(bench: Bench): Promise<void> {
  const subscriber = await bench.connectLasting(bench.name('away'))
  await subscriber.subscribe(bench.topic(), 1)
  await subscriber.disconnect()
  const publisher = await bench.connect()
  const properties = [Prop.messageExpiryInterval(100)]
  await publisher.publish(bench.topic(), 'waiting', { qos: 1, properties })
  await publisher.publish(bench.topic('retained'), 'retained', { qos: 1, retain: true, properties })
  await bench.elapse(2.1)
  const again = await bench.connectLasting(bench.name('away'))
  await again.subscribe(bench.topic('retained'), 1)
  for (let count = 0; count < 2; count++) {
    const { payload, properties: left } = await again.expect('publish')
    const seconds = left?.messageExpiryInterval ?? 0
    assert.ok(seconds >= 95 && seconds <= 98, `${payload.toString()} has ${seconds} seconds left`)
  }
}

async function aliasMaximumOf(bench: Bench): Promise<{ client: ConformanceClient; maximum: number }> {
  const client = await bench.connect()
  const connack = client.arrivals[0]?.packet
  const maximum = connack?.cmd === 'connack' ? (connack.properties?.topicAliasMaximum ?? 0) : 0
  if (maximum === 0) throw new NotApplicable('the server takes no Topic Aliases')
  return { client, maximum }
}

/** An alias of an earlier connection is not known on the next. */
async function aliasEndsWithConnection(bench: Bench): Promise<void> {
  const { client } = await aliasMaximumOf(bench)
  await client.publish(bench.topic(), 'x', { qos: 1, properties: [Prop.topicAlias(1)] })
  await client.disconnect()
  const again = await bench.connect({ as: client.clientId })
  again.send(publishBytes(5, '', 'x', { properties: [Prop.topicAlias(1)] }))
  await again.expectClosed()
}

/** The lowest and the highest; each may be given another Topic Name. */
async function everyAlias(bench: Bench): Promise<void> {
  const { client, maximum } = await aliasMaximumOf(bench)
  const subscriber = await bench.connect()
  await subscriber.subscribe(bench.topic('#'))
  for (const alias of new Set([1, maximum])) {
    for (const name of ['one', 'two']) {
      await client.publish(bench.topic(name), 'named', { properties: [Prop.topicAlias(alias)] })
      await client.publish('', 'by alias', { properties: [Prop.topicAlias(alias)] })
      const messages = [await subscriber.expect('publish'), await subscriber.expect('publish')]
      assert.deepEqual(
        messages.map(({ topic }) => topic),
        [bench.topic(name), bench.topic(name)],
      )
    }
  }
}

const aliasZero = closesOn(bench => publishBytes(5, bench.topic(), 'x', { properties: [Prop.topicAlias(0)] }))
const responseTopicIllFormed = closesOn(
  ...ILL_FORMED.map(
    bytes => (bench: Bench) => publishBytes(5, bench.topic(), 'x', { properties: [Prop.responseTopic(bytes)] }),
  ),
)
const contentTypeIllFormed = closesOn(
  ...ILL_FORMED.map(
    bytes => (bench: Bench) => publishBytes(5, bench.topic(), 'x', { properties: [Prop.contentType(bytes)] }),
  ),
)
/** A property that a client must not send, or not so: refused, or at least not passed on. */
async function notPassedOn(
  bench: Bench,
  wrong: Buffer,
  name: 'responseTopic' | 'subscriptionIdentifier',
): Promise<void> {
  const { subscriber, publisher, topicName } = await pair(bench)
  publisher.send(publishBytes(5, topicName, 'wrong', { properties: [wrong] }))
  await Promise.race([publisher.ping().catch(() => undefined), publisher.expectClosed().catch(() => undefined)])
  const other = await bench.connect()
  await other.publish(topicName, 'end')
  for (const { properties } of await messagesUntil(subscriber, 'end')) assert.equal(properties?.[name], undefined)
}

/** Four topics, one alias: whichever it stands for, the topics are right. */
async function aliasesWithinMaximum(bench: Bench): Promise<void> {
  const subscriber = await bench.connect({ properties: [Prop.topicAliasMaximum(1)] })
  await subscriber.subscribe(bench.topic('#'))
  const publisher = await bench.connect()
  for (let count = 0; count < 8; count++) await publisher.publish(bench.topic(`${count % 2}`), 'x')
  await publisher.publish(bench.topic('end'), 'end')
  const aliases = (await messagesUntil(subscriber, 'end')).map(({ properties }) => properties?.topicAlias ?? 1)
  assert.deepEqual(new Set(aliases), new Set([1]))
}

/** The properties of PUBLISH. */
export const publishProperties: readonly ConformanceCase[] = casesOf(5, [
  ['3.3.2-4', 'the Payload Format Indicator arrives', bench => property(bench, 'payloadFormatIndicator', true)],
  ['3.3.2-5', 'a message that has expired does not arrive', expired],
  ['3.3.2-6', 'the time a message waited is taken from its expiry', expiryCountedDown],
  ['3.3.2-7', 'a Topic Alias of an earlier connection is not known', aliasEndsWithConnection],
  ['3.3.2-8', 'Topic Alias 0 closes the connection', aliasZero],
  ['3.3.2-11', 'Topic Aliases that are sent are within the client’s maximum', aliasesWithinMaximum],
  ['3.3.2-12', 'Topic Aliases up to the maximum work', everyAlias],
  ['3.3.2-13', 'a Response Topic that is not UTF-8 closes the connection', responseTopicIllFormed],
  [
    '3.3.2-14',
    'a Response Topic with wildcards reaches nobody',
    bench => notPassedOn(bench, Prop.responseTopic('a/+'), 'responseTopic'),
  ],
  ['3.3.2-15', 'the Response Topic arrives', bench => property(bench, 'responseTopic', 'answers/to/me')],
  ['3.3.2-16', 'the Correlation Data arrive', correlationData],
  ['3.3.2-17', 'User Properties arrive', userProperties],
  ['3.3.2-18', 'User Properties keep their order and repeats', userProperties],
  ['3.3.2-19', 'a Content Type that is not UTF-8 closes the connection', contentTypeIllFormed],
  ['3.3.2-20', 'the Content Type arrives', bench => property(bench, 'contentType', 'text/größe')],
  [
    '3.3.4-6',
    'a Subscription Identifier of a publisher reaches nobody',
    bench => notPassedOn(bench, Prop.subscriptionIdentifier(77), 'subscriptionIdentifier'),
  ],
])
