import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import type { ConformanceClient } from '../support/conformance-client.ts'
import { Prop } from '../support/conformance-properties.ts'
import { publishBytes } from '../support/conformance-packets.ts'
import type { SuiteVersion } from '../support/conformance-packets.ts'
import { wellFormedText } from '../../src/protocol/utf8.ts'
import { userPropertiesOf } from '../conformance/v5/user-properties.ts'
import { Siege } from './siege.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 20 }).filter(wellFormedText)
const level = text.filter(each => !['/', '+', '#'].some(special => each.includes(special)))
const bytes = fc.uint8Array({ maxLength: 400 }).map(content => Buffer.from(content))

const publication = fc.record({
  levels: fc.array(level, { minLength: 1, maxLength: 5 }),
  payload: bytes,
  qos: fc.constantFrom(0, 1, 2),
  contentType: fc.option(text, { nil: undefined }),
  correlationData: fc.option(bytes, { nil: undefined }),
  userProperties: fc.array(fc.tuple(text, text), { maxLength: 4 }),
})

/** Sends bytes in as many segments as the cuts say. */
function sendChopped(client: ConformanceClient, whole: Buffer, cuts: readonly number[]): void {
  let start = 0
  for (const end of [...cuts.map(cut => cut % whole.length).toSorted((a, b) => a - b), whole.length]) {
    if (end > start) client.send(whole.subarray(start, end))
    start = end
  }
}

describe('what a client publishes', { timeout: 60_000 }, () => {
  let siege: Siege

  before(async () => {
    siege = await Siege.start()
  })

  after(() => siege.stop())

  for (const version of [5, 4] as const) {
    it(`arrives as it was, however it was chopped: version ${version}`, async () => {
      const [subscriber, publisher] = await Promise.all([siege.connect({}, 5), siege.connect({}, version)])
      const prefix = `trip/${version}`
      await subscriber.subscribe(`${prefix}/#`, 2)
      await fc.assert(
        fc.asyncProperty(publication, fc.array(fc.nat(), { maxLength: 6 }), async (sent, cuts) => {
          const topicName = [prefix, ...sent.levels].join('/')
          const packetId = sent.qos === 0 ? {} : { packetId: publisher.nextPacketId() }
          const properties = propertiesOf(version, sent)
          const packet = publishBytes(version, topicName, sent.payload, { qos: sent.qos, ...packetId, properties })
          sendChopped(publisher, packet, cuts)
          if (sent.qos > 0) await publisher.expect(sent.qos === 1 ? 'puback' : 'pubcomp')
          const got = await subscriber.expect('publish')
          const raw = subscriber.bytesOf('publish').at(-1)
          subscriber.arrivals.length = 0
          assert.deepEqual([got.topic, got.qos, got.retain, got.dup], [topicName, sent.qos, false, false])
          assert.deepEqual(Buffer.from(got.payload), sent.payload)
          if (version === 4) return assert.deepEqual(got.properties ?? {}, {})
          assert.equal(got.properties?.contentType, sent.contentType)
          assert.deepEqual(got.properties?.correlationData, sent.correlationData)
          return assert.deepEqual(userPropertiesOf(raw), sent.userProperties)
        }),
        { numRuns: 150 },
      )
    })
  }
})

function propertiesOf(
  version: SuiteVersion,
  sent: {
    readonly contentType: string | undefined
    readonly correlationData: Buffer | undefined
    readonly userProperties: readonly (readonly [string, string])[]
  },
): readonly Buffer[] {
  if (version === 4) return []
  return [
    ...(sent.contentType === undefined ? [] : [Prop.contentType(sent.contentType)]),
    ...sent.userProperties.map(([name, value]) => Prop.user(name, value)),
    ...(sent.correlationData === undefined ? [] : [Prop.correlationData(sent.correlationData)]),
  ]
}
