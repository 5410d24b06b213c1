import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Packet } from 'mqtt-packet'
import { parser } from 'mqtt-packet'
import type { ProtocolVersion } from '../../../../bench/load/packets.ts'
import {
  DISCONNECT,
  encodeConnect,
  encodePublish,
  encodeReauthentication,
  encodeSubscribe,
} from '../../../../bench/load/packets.ts'
import { PublishBlock } from '../../../../bench/load/publish-block.ts'
import { stampedPublisher, stampedSequence, stampedTime } from '../../../../bench/load/stamp.ts'

function parsed(bytes: Uint8Array, protocolVersion: ProtocolVersion): readonly Packet[] {
  const packets: Packet[] = []
  const oracle = parser({ protocolVersion })
  oracle.on('packet', packet => packets.push(packet))
  oracle.on('error', error => {
    throw error
  })
  assert.equal(oracle.parse(Buffer.from(bytes)), 0)
  return packets
}

function onlyOne(packets: readonly Packet[]): Packet {
  const [packet] = packets
  assert.ok(packet !== undefined && packets.length === 1)
  return packet
}

for (const protocolVersion of [4, 5] as const) {
  describe(`packets of protocol version ${protocolVersion}`, () => {
    it('CONNECT carries client identifier and token', () => {
      const fields = { protocolVersion, clientId: 'b1x0-7', username: 'bench', password: 'a.b.c', persistent: false }
      const packet = onlyOne(parsed(encodeConnect(fields), protocolVersion))
      assert.ok(packet.cmd === 'connect')
      assert.deepEqual(
        [packet.clientId, packet.username, String(packet.password), packet.clean, packet.protocolVersion],
        ['b1x0-7', 'bench', 'a.b.c', true, protocolVersion],
      )
    })

    it('CONNECT of a persistent session keeps what there is, for an hour at least', () => {
      const fields = { protocolVersion, clientId: 'x', username: undefined, password: undefined, persistent: true }
      const packet = onlyOne(parsed(encodeConnect(fields), protocolVersion))
      assert.ok(packet.cmd === 'connect')
      assert.equal(packet.clean, false)
      assert.equal(packet.properties?.sessionExpiryInterval, protocolVersion === 5 ? 3_600 : undefined)
    })

    it('CONNECT without credentials has none', () => {
      const fields = { protocolVersion, clientId: 'x', username: undefined, password: undefined, persistent: false }
      const packet = onlyOne(parsed(encodeConnect(fields), protocolVersion))
      assert.ok(packet.cmd === 'connect')
      assert.deepEqual([packet.username ?? null, packet.password ?? null], [null, null])
    })

    it('SUBSCRIBE holds every filter with its QoS', () => {
      const filters = ['site/1/+/2', 'b/#', '$share/bench/b/+']
      const packet = onlyOne(parsed(encodeSubscribe(protocolVersion, 258, filters, 1), protocolVersion))
      assert.ok(packet.cmd === 'subscribe')
      assert.equal(packet.messageId, 258)
      assert.deepEqual(
        packet.subscriptions.map(({ topic, qos }) => [topic, qos]),
        filters.map(filter => [filter, 1]),
      )
    })

    it('PUBLISH knows where its packet identifier and payload stand', () => {
      const fields = { protocolVersion, topicName: 'b/1', qos: 2, retain: true, payloadBytes: 20_000 }
      const publish = encodePublish(fields)
      publish.bytes.writeUInt16BE(513, publish.packetIdOffset)
      publish.bytes.write('here', publish.payloadOffset)
      const packet = onlyOne(parsed(publish.bytes, protocolVersion))
      assert.ok(packet.cmd === 'publish')
      assert.deepEqual([packet.topic, packet.qos, packet.retain, packet.messageId], ['b/1', 2, true, 513])
      assert.deepEqual([packet.payload.length, String(packet.payload.slice(0, 4))], [20_000, 'here'])
    })

    it('a block is whole packets, each with its own identifier, topic and stamp', () => {
      const fields = {
        protocolVersion,
        topicName: 'b/3/000000',
        qos: 1,
        retain: false,
        payloadBytes: 64,
        publisher: 3,
        topicsPerPublisher: 1_000,
        packetsMax: 2,
      }
      const block = new PublishBlock(fields, packet => packet)
      const times = [1_234_567_890_123, 1_234_567_890_999]
      block.stamp(0, 1_041, times[0] ?? 0)
      block.stamp(1, 65_535, times[1] ?? 0)
      const packets = parsed(block.slice(2), protocolVersion)
      const seen = packets.map(packet => {
        assert.ok(packet.cmd === 'publish')
        const payload = Buffer.from(packet.payload)
        const stamp = [stampedPublisher(payload, 0), stampedSequence(payload, 0), stampedTime(payload, 0)]
        return [packet.topic, packet.messageId, ...stamp]
      })
      assert.deepEqual(seen, [
        ['b/3/000041', 1_042, 3, 1_041, times[0]],
        ['b/3/000535', 1, 3, 65_535, times[1]],
      ])
    })
  })
}

describe('PublishBlock', () => {
  it('holds fewer packets when they are large, but never none', () => {
    const fields = {
      protocolVersion: 4,
      topicName: 'b/0',
      qos: 0,
      retain: false,
      publisher: 0,
      topicsPerPublisher: 1,
    } as const
    const capacities = [64, 16_384, 262_144].map(payloadBytes => {
      return new PublishBlock({ ...fields, payloadBytes, packetsMax: 32 }, packet => packet).capacity
    })
    assert.deepEqual(capacities, [32, 7, 1])
  })
})

describe('DISCONNECT', () => {
  it('is one in both versions', () => {
    for (const version of [4, 5] as const) assert.equal(onlyOne(parsed(DISCONNECT, version)).cmd, 'disconnect')
  })
})

describe('packets of enhanced authentication', () => {
  const authenticationMethod = 'JWT'

  it('CONNECT has the token as its Authentication Data and no password', () => {
    const who = { clientId: 'x', username: 'bench', password: 'a.b.c', persistent: true }
    const packet = onlyOne(parsed(encodeConnect({ ...who, protocolVersion: 5, authenticationMethod }), 5))
    assert.ok(packet.cmd === 'connect')
    const { authenticationMethod: method, authenticationData, sessionExpiryInterval } = packet.properties ?? {}
    assert.deepEqual(
      [packet.password, method, String(authenticationData), sessionExpiryInterval],
      [undefined, 'JWT', 'a.b.c', 3_600],
    )
  })

  it('AUTH shows another one', () => {
    const packet = onlyOne(parsed(encodeReauthentication(authenticationMethod, 'd.e.f'), 5))
    assert.ok(packet.cmd === 'auth')
    const { authenticationMethod: method, authenticationData } = packet.properties ?? {}
    assert.deepEqual([packet.reasonCode, method, String(authenticationData)], [0x19, 'JWT', 'd.e.f'])
  })
})
