import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { PacketDecoder } from '../../../src/protocol/decoder.ts'
import type { ProtocolVersion } from '../../../src/protocol/packets.ts'
import { packetCatalogue, plainConnect } from '../../support/packet-catalogue.ts'
import type { WireCase } from '../../support/packet-catalogue.ts'
import type { RecordedPacket } from '../../support/packet-recorder.ts'
import { PacketRecorder } from '../../support/packet-recorder.ts'
import { hex, packet, str, u16, u8 } from '../../support/wire-bytes.ts'

const versions: readonly ProtocolVersion[] = [3, 4, 5]

/** A decoder that has taken a CONNECT, and what it reports from then on. */
function connected(version: ProtocolVersion, recorder = new PacketRecorder()): [PacketDecoder, PacketRecorder] {
  const decoder = new PacketDecoder(recorder)
  feed(decoder, plainConnect(version))
  recorder.packets.length = 0
  return [decoder, recorder]
}

function feed(decoder: PacketDecoder, bytes: Buffer): void {
  decoder.decode(bytes, 0, bytes.length)
}

function open(wireCase: WireCase, version: ProtocolVersion): [PacketDecoder, PacketRecorder] {
  if (!wireCase.first) return connected(version)
  const recorder = new PacketRecorder()
  return [new PacketDecoder(recorder), recorder]
}

function checkOutcome(wireCase: WireCase, recorder: PacketRecorder): void {
  const { expected } = wireCase
  if ('packet' in expected) {
    assert.deepEqual(recorder.violations, [])
    assert.deepEqual(recorder.packets, [expected.packet])
    return
  }
  assert.deepEqual(recorder.packets, [])
  assert.deepEqual(
    recorder.violations.map(({ reasonCode, connackVersion }) => ({ violation: reasonCode, connackVersion })),
    [expected],
  )
}

describe('every packet of the catalogue', () => {
  for (const wireCase of packetCatalogue) {
    for (const version of wireCase.versions) {
      it(`version ${version}: ${wireCase.name}`, () => {
        const [decoder, recorder] = open(wireCase, version)
        feed(decoder, wireCase.bytes)
        checkOutcome(wireCase, recorder)
      })
    }
  }

  it('means the same when it comes byte by byte', () => {
    for (const wireCase of packetCatalogue) {
      for (const version of wireCase.versions) {
        const [decoder, recorder] = open(wireCase, version)
        for (let offset = 0; offset < wireCase.bytes.length; offset += 1) {
          decoder.decode(wireCase.bytes, offset, offset + 1)
        }
        checkOutcome(wireCase, recorder)
      }
    }
  })

  it('is not reported, nor anything thrown, when it is cut off at any offset', () => {
    for (const wireCase of packetCatalogue.filter(({ expected }) => 'packet' in expected)) {
      for (const version of wireCase.versions) {
        for (let end = 0; end < wireCase.bytes.length; end += 1) {
          const [decoder, recorder] = open(wireCase, version)
          decoder.decode(wireCase.bytes, 0, end)
          assert.deepEqual([recorder.packets, recorder.violations], [[], []], wireCase.name)
          assert.equal(decoder.heldBytes, end)
        }
      }
    }
  })

  it('is refused or means something else, but throws nothing, when its body is cut at any offset', () => {
    for (const wireCase of packetCatalogue.filter(({ bytes }) => bytes.length < 120)) {
      for (const version of wireCase.versions) {
        for (let end = 2; end < wireCase.bytes.length; end += 1) {
          const [decoder, recorder] = open(wireCase, version)
          feed(decoder, Buffer.concat([wireCase.bytes.subarray(0, 1), u8(end - 2), wireCase.bytes.subarray(2, end)]))
          assert.equal(recorder.packets.length + recorder.violations.length, 1, `${wireCase.name} at ${end}`)
        }
      }
    }
  })
})

describe('a stream of packets', () => {
  for (const version of versions) {
    it(`version ${version}: gives the same packets for every chopping`, () => {
      const legalPackets = packetCatalogue.filter(
        wireCase => !wireCase.first && wireCase.versions.includes(version) && 'packet' in wireCase.expected,
      )
      const stream = Buffer.concat([plainConnect(version), ...legalPackets.map(({ bytes }) => bytes)])
      const whole = new PacketRecorder()
      feed(new PacketDecoder(whole), stream)
      assert.equal(whole.packets.length, legalPackets.length + 1)
      fc.assert(
        fc.property(fc.array(fc.nat(stream.length)), cuts => {
          const recorder = new PacketRecorder()
          const decoder = new PacketDecoder(recorder)
          let start = 0
          for (const end of [...cuts.toSorted((a, b) => a - b), stream.length]) {
            decoder.decode(stream, start, end)
            start = end
          }
          assert.deepEqual(recorder, whole)
          assert.equal(decoder.heldBytes, 0)
        }),
      )
    })
  }

  it('never makes the decoder throw, whatever bytes come', () => {
    fc.assert(
      fc.property(fc.constantFrom(...versions), fc.array(fc.uint8Array({ maxLength: 60 })), (version, chunks) => {
        const [decoder, recorder] = connected(version)
        for (const chunk of chunks) feed(decoder, Buffer.from(chunk))
        assert.ok(recorder.violations.length <= 1)
      }),
    )
  })

  it('never makes the decoder throw when a packet of the catalogue has one byte changed', () => {
    fc.assert(
      fc.property(fc.constantFrom(...packetCatalogue), fc.nat(), fc.nat(255), (wireCase, at, value) => {
        for (const version of wireCase.versions) {
          const [decoder, recorder] = open(wireCase, version)
          const bytes = Buffer.from(wireCase.bytes)
          bytes[at % bytes.length] = value
          feed(decoder, bytes)
          assert.ok(recorder.violations.length <= 1)
        }
      }),
      { numRuns: 3000 },
    )
  })

  it('of 100,000 packets in one segment is decoded in full', () => {
    const [decoder, recorder] = connected(4)
    feed(decoder, Buffer.alloc(200_000, hex('c000')))
    assert.equal(recorder.packets.length, 100_000)
  })

  it('holds no more than twice of what has arrived of a packet, whatever length it claims', () => {
    const [decoder] = connected(4)
    const before = process.memoryUsage().arrayBuffers
    feed(decoder, hex('30ffffff7f 0001 61'))
    assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000)
    assert.equal(decoder.heldBytes, 8)
  })

  // Quadratic work would take minutes.
  it('of a packet of 1 MB byte by byte takes linear time (CVE-2026-44248, rabbitmq#17093)', { timeout: 20_000 }, () => {
    const [decoder, recorder] = connected(4)
    const bytes = packet(0x30, str('a'), Buffer.alloc(1_000_000, 'x'))
    for (let offset = 0; offset < bytes.length; offset += 1) decoder.decode(bytes, offset, offset + 1)
    assert.equal(recorder.packets.length, 1)
    assert.equal(decoder.heldBytes, 0)
  })
})

describe('the size of packets', () => {
  const ping = hex('c000')

  it('v5 [MQTT-3.1.2-24] above the maximum is refused from the header alone', () => {
    const [decoder, recorder] = connected(5)
    decoder.maximumPacketSizeBytes = 100
    feed(decoder, hex('3063'))
    assert.deepEqual(recorder.violations, [
      { reasonCode: 0x95, why: 'the packet is larger than the maximum packet size', connackVersion: undefined },
    ])
    feed(decoder, ping)
    assert.deepEqual(recorder.packets, [])
  })

  it('at the maximum is taken', () => {
    const [decoder, recorder] = connected(4)
    decoder.maximumPacketSizeBytes = 100
    feed(decoder, packet(0x30, str('a'), Buffer.alloc(95)))
    assert.equal(recorder.packets.length, 1)
  })

  it('is limited before CONNECT by its own limit, which no longer holds afterwards', () => {
    const recorder = new PacketRecorder()
    const decoder = new PacketDecoder(recorder, 50)
    feed(decoder, plainConnect(4))
    feed(decoder, packet(0x30, str('a'), Buffer.alloc(95)))
    assert.equal(recorder.packets.length, 2)
    const strict = new PacketDecoder(recorder, 50)
    feed(strict, plainConnect(4, 'b'.repeat(60)))
    assert.equal(recorder.violations[0]?.reasonCode, 0x95)
    assert.equal(strict.heldBytes, 0)
  })
})

describe('packets that mqtt-packet 9.0.2 trips over when another follows at once', () => {
  const cases: readonly [string, Buffer, RecordedPacket][] = [
    [
      'DISCONNECT without content',
      hex('e000'),
      { type: 'disconnect', reasonCode: 0, sessionExpiryIntervalSeconds: undefined },
    ],
    [
      'DISCONNECT with a reason code',
      hex('e00180'),
      { type: 'disconnect', reasonCode: 0x80, sessionExpiryIntervalSeconds: undefined },
    ],
  ]
  for (const [name, bytes, expected] of cases) {
    it(name, () => {
      const [decoder, recorder] = connected(5)
      feed(decoder, Buffer.concat([bytes, hex('c000')]))
      assert.deepEqual(recorder.packets, [expected, { type: 'ping' }])
    })
  }

  it('AUTH without content ends the connection before what follows', () => {
    const [decoder, recorder] = connected(5)
    feed(decoder, hex('f000c000'))
    assert.equal(recorder.violations[0]?.reasonCode, 0x82)
    assert.deepEqual(recorder.packets, [])
  })

  it('UNSUBACK of a client is not taken for one of ours', () => {
    const [decoder, recorder] = connected(5)
    feed(decoder, hex('b00100c000'))
    assert.equal(recorder.violations[0]?.reasonCode, 0x82)
    assert.deepEqual(recorder.packets, [])
  })
})

describe('what is handed out', () => {
  it('keeps nothing of the read buffer, but for a PUBLISH during its callback', () => {
    const bytes = packet(
      0x10,
      str('MQTT'),
      u8(4, 0xc6),
      u16(60),
      str('bee'),
      str('w'),
      str('gone'),
      str('u'),
      str('pass'),
    )
    const recorder = new PacketRecorder()
    feed(new PacketDecoder(recorder), bytes)
    bytes.fill(0)
    const [connect] = recorder.packets
    assert.ok(connect?.type === 'connect')
    assert.equal(connect.password?.toString(), 'pass')
    assert.equal(connect.will?.payload.toString(), 'gone')
  })

  it('lets a will be kept without the password', () => {
    const recorder = new PacketRecorder()
    const flags = u8(4, 0xc6)
    feed(
      new PacketDecoder(recorder),
      packet(0x10, str('MQTT'), flags, u16(60), str('bee'), str('w'), str('gone'), str('u'), str('pass')),
    )
    const [connect] = recorder.packets
    assert.ok(connect?.type === 'connect')
    assert.ok(connect.will?.payload.buffer !== connect.password?.buffer)
  })
})
