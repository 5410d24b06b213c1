import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Prop } from '../support/conformance-properties.ts'
import { connectBytes, publishBytes, subscribeBytes } from '../support/conformance-packets.ts'
import type { Filter } from '../support/conformance-packets.ts'
import { hex } from '../support/wire-bytes.ts'
import { waitFor } from '../support/wait-for.ts'
import { Siege } from './siege.ts'

const TOPIC_FILTER_INVALID = 0x8f
const TOPIC_NAME_INVALID = 0x90
const QUOTA_EXCEEDED = 0x97
const SESSION_SUBSCRIPTIONS_MAX = 10_000

/** Deep topics: many levels, with and without names. */
const DEEP = ['a/'.repeat(32_000), '/'.repeat(65_400), `${'+/'.repeat(32_000)}#`, 'a/'.repeat(101)]

describe('bombs', { timeout: 120_000 }, () => {
  let siege: Siege

  before(async () => {
    siege = await Siege.start()
  })

  after(() => siege.stop())

  it('Topic Filters of thousands of levels are refused (CVE-2021-33175, CVE-2019-11779)', async () => {
    await siege.withstand(
      async () => {
        const client = await siege.connect()
        for (const deep of DEEP.slice(0, 3)) assert.deepEqual(await client.subscribe(deep), [TOPIC_FILTER_INVALID])
        await client.ping()
      },
      { grownMebibytesMax: 50 },
    )
  })

  it('Topic Names of thousands of levels end the connection (CVE-2021-33176, GHSA-xxqp-5qx8-gj5q)', async () => {
    await siege.withstand(
      async () => {
        for (const deep of ['a/'.repeat(32_000), '/'.repeat(65_400)]) {
          const client = await siege.connect()
          client.send(publishBytes(5, deep, 'x'))
          assert.equal((await client.expect('disconnect')).reasonCode, TOPIC_NAME_INVALID)
          await client.expectClosed()
        }
        const fair = await siege.connect()
        await fair.subscribe('a/'.repeat(101))
        await fair.publish('a/'.repeat(101), 'one hundred levels are nothing')
        await fair.expect('publish')
      },
      { grownMebibytesMax: 50 },
    )
  })

  it('wills to such topics, or to the broker’s own, are refused at CONNECT (CVE-2021-22116, Mosquitto 2.0.16)', async () => {
    await siege.withstand(
      async () => {
        for (const [topicName, code] of [
          ['a/'.repeat(30_000), TOPIC_NAME_INVALID],
          ['a/#', TOPIC_NAME_INVALID],
          ['$SYS/broker/uptime', 0x87],
          ['$CONTROL/dynamic-security/v1', 0x87],
          ['$share/g/a', 0x87],
        ] as const) {
          const client = await siege.open()
          client.send(connectBytes(5, { clientId: client.clientId, will: { topicName, payload: 'x' } }))
          assert.equal((await client.expect('connack')).reasonCode, code, topicName.slice(0, 40))
          await client.expectClosed()
        }
      },
      { grownMebibytesMax: 50 },
    )
  })

  it('a session has as many subscriptions as it may, and no more', async () => {
    await siege.withstand(
      async () => {
        const client = await siege.connect()
        for (let start = 0; start <= SESSION_SUBSCRIPTIONS_MAX; start += 1_000) {
          const filters = Array.from({ length: 1_000 }, (_, index): Filter => [`bomb/${start + index}/+`, 0])
          const codes = await client.subscribe(filters)
          const expected = start < SESSION_SUBSCRIPTIONS_MAX ? 0 : QUOTA_EXCEEDED
          assert.deepEqual(new Set(codes), new Set([expected]))
        }
      },
      { grownMebibytesMax: 150 },
    )
  })

  it('hundreds of overlapping subscriptions with identifiers bring one message', async () => {
    await siege.withstand(
      async () => {
        const [client, publisher] = await Promise.all([siege.connect(), siege.connect()])
        const filters = overlappingFilters(8)
        for (const [index, filter] of filters.entries()) {
          await client.subscribe(filter, 0, [Prop.subscriptionIdentifier(index + 1)])
        }
        await publisher.publish('a/a/a/a/a/a/a/a', 'x')
        const { properties } = await client.expect('publish')
        assert.equal([properties?.subscriptionIdentifier ?? []].flat().length, filters.length)
        await client.ping()
        assert.equal(client.bytesOf('publish').length, 1)
      },
      { grownMebibytesMax: 100 },
    )
  })

  it('ever new topics are not remembered for ever', async () => {
    await siege.withstand(
      async () => {
        const publisher = await siege.connect()
        const suffix = 'x'.repeat(200)
        for (let start = 0; start < 150_000; start += 1_000) {
          publisher.send(
            ...Array.from({ length: 1_000 }, (_, index) => publishBytes(5, `t/${start + index}/${suffix}`, '')),
          )
          await publisher.ping()
        }
      },
      { grownMebibytesMax: 250 },
    )
  })

  it('the wills of many clients that are lost at once all arrive', async () => {
    await siege.withstand(
      async () => {
        const subscriber = await siege.connect()
        await subscriber.subscribe('wills/#')
        const will = { topicName: 'wills/all', payload: 'gone' }
        const mortals = await Promise.all(Array.from({ length: 400 }, () => siege.connect({ will })))
        for (const mortal of mortals) mortal.lose()
        for (let count = 0; count < mortals.length; count++) await subscriber.expect('publish')
      },
      { grownMebibytesMax: 100 },
    )
  })

  it('too many User Properties end the connection at once (CVE-2021-41039)', async () => {
    await siege.withstand(
      async () => {
        const publisher = await siege.connect()
        publisher.send(publishBytes(5, 'p', 'x', { properties: Array<Buffer>(20_000).fill(Prop.user('a', 'b')) }))
        assert.equal((await publisher.expect('disconnect')).reasonCode, QUOTA_EXCEEDED)
        const stranger = await siege.open()
        stranger.send(connectBytes(5, { clientId: 'x', properties: Array<Buffer>(5_000).fill(Prop.user('a', 'b')) }))
        assert.equal((await stranger.expect('connack')).reasonCode, QUOTA_EXCEEDED)
        await stranger.expectClosed()
      },
      { grownMebibytesMax: 50 },
    )
  })

  it('a length that is only claimed costs nothing (CVE-2023-0809, CVE-2017-7651)', async () => {
    await siege.withstand(
      async () => {
        const strangers = await Promise.all(Array.from({ length: 100 }, () => siege.open()))
        for (const stranger of strangers) stranger.send(hex('10ffffff7f 00044d51545405'))
        await Promise.all(strangers.map(stranger => stranger.expectClosed()))
        const clients = await Promise.all(Array.from({ length: 100 }, () => siege.connect()))
        for (const client of clients) client.send(hex('30ffffff7f 0001 61'))
        await Promise.all(clients.map(client => waitFor('the bytes to be taken', () => client.openForMs > 300)))
      },
      { grownMebibytesMax: 50 },
    )
  })

  it('of CONNECTs of one client at the same moment one survives, at whichever worker', async () => {
    await siege.withstand(
      async () => {
        for (let round = 0; round < 20; round++) {
          const rivals = await Promise.all(Array.from({ length: 6 }, () => siege.open()))
          for (const rival of rivals) rival.send(connectBytes(5, { clientId: `twin${round}` }))
          await waitFor('one to be left', () => rivals.filter(rival => !rival.isClosed).length === 1)
          const [survivor] = rivals.filter(rival => !rival.isClosed)
          await survivor?.ping()
        }
      },
      { grownMebibytesMax: 50 },
    )
  })

  it('what one client sends ill-formed disconnects no other (CVE-2017-7653)', async () => {
    await siege.withstand(
      async () => {
        const subscriber = await siege.connect()
        await subscriber.subscribe('#')
        for (const bytes of ['eda080', 'c080', '00', '01', '7f', 'efbfbf'].map(hex)) {
          const enemy = await siege.connect()
          enemy.send(publishBytes(5, Buffer.concat([Buffer.from('x/'), bytes]), 'x'))
          await enemy.expectClosed()
        }
        await subscriber.ping()
      },
      { grownMebibytesMax: 50 },
    )
  })

  it('subscribing and unsubscribing in every order is survived (CVE-2024-8376)', async () => {
    await siege.withstand(
      async () => {
        const client = await siege.connect()
        for (let round = 0; round < 200; round++) {
          const filter = ['a', 'a/#', '+/b', '$share/g/a', '#'][round % 5] ?? 'a'
          client.send(subscribeBytes(5, (round % 100) + 1, [[filter, round % 3]]))
          if (round % 3 === 0) await client.unsubscribe(filter, 'never')
        }
        await client.ping()
      },
      { grownMebibytesMax: 50 },
    )
  })
})

/** Every filter of `levels` levels whose levels are `a` or `+`. */
function overlappingFilters(levels: number): readonly string[] {
  return Array.from({ length: 2 ** levels }, (_, bits) =>
    Array.from({ length: levels }, (__, level) => ((bits >> level) & 1 ? '+' : 'a')).join('/'),
  )
}
