import assert from 'node:assert/strict'
import { publishBytes, subscribeBytes } from '../../support/conformance-packets.ts'
import type { Bench } from '../bench.ts'
import { closesOn, nextPayload, payloadsBeforeLast } from './steps.ts'

export const wildcardInTopicName = closesOn(
  bench => publishBytes(bench.version, bench.topic('a/+'), 'x'),
  bench => publishBytes(bench.version, bench.topic('#'), 'x'),
)

/** Filters whose wildcards do not stand as they must: refused in SUBACK, or the connection is closed. */
function notAccepted(...filters: readonly string[]): (bench: Bench) => Promise<void> {
  return async bench => {
    await Promise.all(
      filters.map(async filter => {
        const client = await bench.connect()
        client.send(subscribeBytes(bench.version, 1, [[filter, 0]]))
        const suback = await client.expect('suback').catch(() => undefined)
        if (suback === undefined) await client.expectClosed()
        else assert.ok(Number(suback.granted[0]) >= 0x80, `${filter} was granted`)
      }),
    )
  }
}

export const hashMisplaced = notAccepted('a/#/b', 'a#', '#/a', 'a/b#', '##')
export const plusMisplaced = notAccepted('a+', '+a', 'a/b+/c', '++', 'a/+#')
export const emptyFilter = notAccepted('')
export const nulInFilter = notAccepted('a\0b')

/** Each filter with topics that it matches and others. */
const MATCHES: readonly (readonly [filter: string, matching: readonly string[], others: readonly string[]])[] = [
  ['a/#', ['a', 'a/b', 'a/b/c', 'a/'], ['b', 'aa', 'ab/c']],
  ['a/+', ['a/b', 'a/'], ['a', 'a/b/c', 'b/b']],
  ['+/b', ['a/b', '/b'], ['a/b/c', 'b']],
  ['a/+/c', ['a/b/c', 'a//c'], ['a/c', 'a/b/d']],
  ['+/+', ['a/b', '/'], ['a', 'a/b/c']],
  ['a/b', ['a/b'], ['a', 'a/b/', 'A/b', 'a/B', ' a/b']],
]

/** What each filter matches, below a prefix of the case's own. */
export async function matching(bench: Bench): Promise<void> {
  const publisher = await bench.connect()
  for (const [filter, matched, others] of MATCHES) {
    const subscriber = await bench.connect()
    await subscriber.subscribe([
      [bench.topic(filter), 0],
      [bench.topic('the/very/end'), 0],
    ])
    for (const topicName of [...others, ...matched]) await publisher.publish(bench.topic(topicName), topicName)
    await publisher.publish(bench.topic('the/very/end'), 'the last one')
    const seen: string[] = []
    for (
      let payload = await nextPayload(subscriber);
      payload !== 'the last one';
      payload = await nextPayload(subscriber)
    ) {
      seen.push(payload)
    }
    assert.deepEqual(seen.toSorted(), matched.toSorted(), filter)
  }
}

/** `#` and `+/…` do not see `$…`; a filter that spells it does, where such a topic may be used at all. */
export async function dollarTopics(bench: Bench): Promise<void> {
  const topicName = `$${bench.name('t')}/a`
  const [wild, publisher, bold] = await Promise.all([bench.connect(), bench.connect(), bench.connect()])
  await wild.subscribe([
    ['#', 0],
    ['+/a', 0],
    ['+/#', 0],
  ])
  await bold.publish(topicName, 'hidden') // a server may close it for that
  if (!bold.isClosed) await bold.ping().catch(() => undefined)
  await publisher.publish(bench.topic('end'), 'the last one')
  for (;;) {
    const { topic } = await wild.expect('publish')
    assert.notEqual(topic, topicName)
    if (topic === bench.topic('end')) return
  }
}

export const emptyTopicName = closesOn(bench => publishBytes(bench.version, '', 'x'))
export const nulInTopicName = closesOn(bench => publishBytes(bench.version, `${bench.topic()}\0`, 'x'))

/** A long name of one level; a server may refuse it, but not shorten it. */
export async function longTopicName(bench: Bench): Promise<void> {
  const topicName = bench.topic('x'.repeat(65_000)).slice(0, 65_535)
  const [subscriber, publisher] = await Promise.all([bench.connect(), bench.connect()])
  await subscriber.subscribe(topicName)
  await publisher.publish(topicName, 'long')
  const message = await subscriber.expect('publish')
  assert.equal(message.topic, topicName)
}

/** Case, blanks, empty levels, composed and decomposed letters: all of them different topics. */
export async function notNormalized(bench: Bench): Promise<void> {
  const [subscriber, publisher] = await Promise.all([bench.connect(), bench.connect()])
  await subscriber.subscribe([
    [bench.topic('caf\u00e9'), 0],
    [bench.topic('end'), 0],
  ])
  for (const other of ['cafe\u0301', 'Caf\u00e9', 'caf\u00e9/', 'caf\u00e9 ', '/caf\u00e9']) {
    await publisher.publish(bench.topic(other), 'other')
  }
  assert.deepEqual(await payloadsBeforeLast(subscriber, publisher, bench.topic('end')), [])
  await publisher.publish(bench.topic('caf\u00e9'), 'same')
  assert.equal(await nextPayload(subscriber), 'same')
}
