import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  appendAcknowledgement,
  appendAuth,
  appendConnack,
  appendDisconnect,
  appendPingResponse,
  appendSuback,
  appendUnsuback,
} from '../../../src/protocol/encoder.ts'
import type { OutBuffer } from '../../../src/protocol/out-buffer.ts'
import { PUBACK, PUBCOMP, PUBREC, PUBREL } from '../../../src/protocol/packets.ts'
import type { ConnackPacket, ProtocolVersion } from '../../../src/protocol/packets.ts'
import { ReasonCode } from '../../../src/protocol/reason-codes.ts'
import { GatheredBytes } from '../../support/gathered-bytes.ts'
import { decodedByOracle } from '../../support/mqtt-packet-oracle.ts'

function bytesOf(append: (out: OutBuffer) => unknown): Buffer {
  const gathered = new GatheredBytes()
  append(gathered.out)
  return gathered.take()
}

/** Fields that mqtt-packet gives to every packet, whether it has them or not. */
const EVERY_PACKETS_FIELDS: readonly string[] = ['retain', 'qos', 'dup', 'length', 'topic', 'payload']

/** The one packet that was appended. */
function packetOf(version: ProtocolVersion, append: (out: OutBuffer) => unknown): unknown {
  const packets = decodedByOracle(bytesOf(append), version)
  assert.equal(packets.length, 1)
  return Object.fromEntries(Object.entries(packets[0] ?? {}).filter(([name]) => !EVERY_PACKETS_FIELDS.includes(name)))
}

describe('acknowledgements', () => {
  const types = [
    [PUBACK, '40', 'puback'],
    [PUBREC, '50', 'pubrec'],
    [PUBREL, '62', 'pubrel'],
    [PUBCOMP, '70', 'pubcomp'],
  ] as const

  for (const [type, first, cmd] of types) {
    it(`of type ${cmd} have four bytes when there is nothing to say`, () => {
      for (const version of [3, 4, 5] as const) {
        assert.equal(
          bytesOf(out => appendAcknowledgement(out, type, version, 0x1234, 0)).toString('hex'),
          `${first}021234`,
        )
      }
      assert.equal(bytesOf(out => appendAcknowledgement(out, type, 4, 7, 0x87, 'no')).toString('hex'), `${first}020007`)
    })

    it(`of type ${cmd} carry a reason code and a reason string in MQTT 5`, () => {
      const reasonCode = type === PUBREL || type === PUBCOMP ? 0x92 : 0x87
      const expected = { cmd, messageId: 7, reasonCode }
      assert.deepEqual(
        packetOf(5, out => appendAcknowledgement(out, type, 5, 7, reasonCode)),
        expected,
      )
      const reasonString = 'ä'.repeat(100)
      assert.deepEqual(
        packetOf(5, out => appendAcknowledgement(out, type, 5, 7, reasonCode, reasonString)),
        {
          ...expected,
          properties: { reasonString },
        },
      )
    })
  }

  it('v5 [MQTT-3.4.2-2] leave out a reason string that does not fit the maximum packet size', () => {
    const whole = bytesOf(out => appendAcknowledgement(out, PUBACK, 5, 7, 0x87, 'because'))
    const fitting = bytesOf(out => appendAcknowledgement(out, PUBACK, 5, 7, 0x87, 'because', whole.length))
    assert.deepEqual(fitting, whole)
    const without = bytesOf(out => appendAcknowledgement(out, PUBACK, 5, 7, 0x87, 'because', whole.length - 1))
    assert.equal(without.toString('hex'), '4003000787')
  })

  it('go one behind the other across slabs', () => {
    const bytes = bytesOf(out => {
      for (let packetId = 1; packetId <= 10_000; packetId += 1) appendAcknowledgement(out, PUBACK, 4, packetId, 0)
    })
    const ids = decodedByOracle(bytes, 4).map(({ messageId }) => messageId)
    assert.deepEqual(
      ids,
      Array.from({ length: 10_000 }, (_, index) => index + 1),
    )
  })
})

it('PINGRESP has two bytes', () => {
  assert.equal(bytesOf(appendPingResponse).toString('hex'), 'd000')
})

describe('CONNACK', () => {
  const full: ConnackPacket = {
    sessionPresent: true,
    reasonCode: 0,
    sessionExpiryIntervalSeconds: 3600,
    receiveMaximum: 10,
    maximumQoS: 1,
    retainAvailable: false,
    maximumPacketSizeBytes: 1_000_000,
    assignedClientIdentifier: 'bee-1',
    topicAliasMaximum: 5,
    reasonString: 'welcome',
    wildcardSubscriptionAvailable: true,
    subscriptionIdentifiersAvailable: false,
    sharedSubscriptionAvailable: true,
    serverKeepAliveSeconds: 30,
    responseInformation: 'r/',
    serverReference: 'other',
    authenticationMethod: 'K',
    authenticationData: Buffer.from('data'),
  }

  it('carries every property in MQTT 5', () => {
    assert.deepEqual(
      packetOf(5, out => appendConnack(out, 5, full)),
      {
        cmd: 'connack',
        sessionPresent: true,
        reasonCode: 0,
        properties: {
          sessionExpiryInterval: 3600,
          receiveMaximum: 10,
          maximumQoS: 1,
          retainAvailable: false,
          maximumPacketSize: 1_000_000,
          assignedClientIdentifier: 'bee-1',
          topicAliasMaximum: 5,
          reasonString: 'welcome',
          wildcardSubscriptionAvailable: true,
          subscriptionIdentifiersAvailable: false,
          sharedSubscriptionAvailable: true,
          serverKeepAlive: 30,
          responseInformation: 'r/',
          serverReference: 'other',
          authenticationMethod: 'K',
          authenticationData: Buffer.from('data'),
        },
      },
    )
  })

  it('leaves out what is undefined', () => {
    const bytes = bytesOf(out =>
      appendConnack(out, 5, { sessionPresent: false, reasonCode: 0, reasonString: undefined }),
    )
    assert.equal(bytes.toString('hex'), '2003000000')
  })

  it('has a return code and no properties in MQTT 3', () => {
    const refused = { ...full, reasonCode: ReasonCode.NotAuthorized }
    assert.equal(bytesOf(out => appendConnack(out, 4, full)).toString('hex'), '20020100')
    assert.equal(bytesOf(out => appendConnack(out, 4, refused)).toString('hex'), '20020005')
    assert.equal(bytesOf(out => appendConnack(out, 3, full)).toString('hex'), '20020000')
  })

  it('v5 [MQTT-3.2.2-6] has no session present when it refuses', () => {
    const bytes = bytesOf(out => appendConnack(out, 5, { sessionPresent: true, reasonCode: 0x87 }))
    assert.equal(bytes.toString('hex'), '2003008700')
  })

  it('v5 [MQTT-3.2.2-19] leaves the reason string out when it does not fit, and is not sent when it still does not', () => {
    const packet = { sessionPresent: false, reasonCode: 0x87, reasonString: 'not with this token' }
    assert.equal(bytesOf(out => appendConnack(out, 5, packet, 20)).toString('hex'), '2003008700')
    const gathered = new GatheredBytes()
    assert.equal(appendConnack(gathered.out, 5, packet, 5), true)
    assert.equal(appendConnack(gathered.out, 5, packet, 4), false)
    assert.equal(gathered.take().length, 5)
  })
})

describe('SUBACK and UNSUBACK', () => {
  it('carry the reason codes of MQTT 5', () => {
    assert.deepEqual(
      packetOf(5, out => appendSuback(out, 5, 300, [0, 1, 2, 0x87], 'not all')),
      {
        cmd: 'suback',
        messageId: 300,
        granted: [0, 1, 2, 0x87],
        properties: { reasonString: 'not all' },
      },
    )
    assert.deepEqual(
      packetOf(5, out => appendUnsuback(out, 5, 300, [0, 0x11])),
      {
        cmd: 'unsuback',
        messageId: 300,
        granted: [0, 0x11],
      },
    )
  })

  it('v3.1.1 [MQTT-3.9.3-2] say 0x80 for every refusal in MQTT 3, and UNSUBACK says nothing', () => {
    assert.equal(bytesOf(out => appendSuback(out, 4, 1, [2, 0x87, 0x8f], 'no')).toString('hex'), '90050001028080')
    assert.equal(bytesOf(out => appendUnsuback(out, 3, 1, [0, 0x11], 'no')).toString('hex'), 'b0020001')
  })

  it('leave the reason string out when it does not fit', () => {
    assert.equal(bytesOf(out => appendSuback(out, 5, 1, [0], 'why', 6)).toString('hex'), '900400010000')
    assert.equal(bytesOf(out => appendSuback(out, 5, 1, [0], 'why', 5)).length, 0)
    assert.equal(bytesOf(out => appendUnsuback(out, 5, 1, [0], 'why', 6)).toString('hex'), 'b00400010000')
  })
})

describe('DISCONNECT and AUTH', () => {
  it('carry what they are given', () => {
    assert.deepEqual(
      packetOf(5, out => appendDisconnect(out, 0x9c, { reasonString: 'full', serverReference: 'other' })),
      { cmd: 'disconnect', reasonCode: 0x9c, properties: { reasonString: 'full', serverReference: 'other' } },
    )
    assert.deepEqual(
      packetOf(5, out => appendAuth(out, 0x18, { authenticationMethod: 'K', authenticationData: Buffer.from('x') })),
      {
        cmd: 'auth',
        reasonCode: 0x18,
        properties: { authenticationMethod: 'K', authenticationData: Buffer.from('x') },
      },
    )
  })

  it('v5 [MQTT-3.14.2-3] leave the reason string out when it does not fit, or no string could hold it', () => {
    assert.equal(
      bytesOf(out => appendDisconnect(out, 0x8e, { reasonString: 'taken over' }, 10)).toString('hex'),
      'e0028e00',
    )
    assert.equal(
      bytesOf(out => appendDisconnect(out, 0x8e, { reasonString: 'x'.repeat(65_536) })).toString('hex'),
      'e0028e00',
    )
  })
})
