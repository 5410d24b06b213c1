import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PacketDecoder } from '../../../src/protocol/decoder.ts'
import type { IncomingPublish } from '../../../src/protocol/incoming-publish.ts'
import type { ControlPacket } from '../../../src/protocol/packets.ts'
import { plainConnect } from '../../support/packet-catalogue.ts'
import { PacketRecorder } from '../../support/packet-recorder.ts'
import { hex, packet, str, u16, u8 } from '../../support/wire-bytes.ts'

const ping = hex('c000')

function feed(decoder: PacketDecoder, bytes: Buffer): void {
  decoder.decode(bytes, 0, bytes.length)
}

/** Has the decoder take a CONNECT and forgets it. */
function connect(recorder: PacketRecorder): PacketDecoder {
  const decoder = new PacketDecoder(recorder)
  feed(decoder, plainConnect(4))
  recorder.packets.length = 0
  return decoder
}

describe('a decoder that is called within the callback of another one', () => {
  it('leaves the packet of the other one alone, also when it fails', () => {
    const inner = new PacketRecorder()
    const innerDecoder = connect(inner)
    class OuterRecorder extends PacketRecorder {
      override publish(received: IncomingPublish): void {
        feed(innerDecoder, packet(0x30, str('inner'), u8(1)))
        assert.throws(() => feed(connect(new ThrowingRecorder()), packet(0x30, str('failing'), u8(2))))
        super.publish(received)
      }
    }
    const outer = new OuterRecorder()
    const decoder = connect(outer)
    feed(decoder, Buffer.concat([packet(0x32, str('outer'), u16(7), u8(3)), packet(0x30, str('next'), u8(4))]))
    assert.deepEqual(named(outer), ['outer 03', 'next 04'])
    assert.deepEqual(named(inner), ['inner 01', 'inner 01'])
  })

  class ThrowingRecorder extends PacketRecorder {
    override publish(): void {
      throw new Error('a fault of the receiver')
    }
  }

  function named({ packets }: PacketRecorder): readonly string[] {
    return packets.map(recorded =>
      recorded.type === 'publish' ? `${recorded.topicName} ${recorded.payload}` : recorded.type,
    )
  }
})

describe('hold and release', () => {
  /** Holds when it is given a CONNECT. */
  class HoldingRecorder extends PacketRecorder {
    decoder: PacketDecoder | undefined = undefined

    override control(received: ControlPacket): void {
      super.control(received)
      if (received.type === 'connect') this.decoder?.hold()
    }
  }

  function holding(firstPacketBytesMax?: number): [PacketDecoder, HoldingRecorder] {
    const recorder = new HoldingRecorder()
    const decoder = new PacketDecoder(recorder, firstPacketBytesMax)
    recorder.decoder = decoder
    return [decoder, recorder]
  }

  it('keeps what stands behind CONNECT in the same and in later segments', () => {
    const [decoder, recorder] = holding()
    feed(decoder, Buffer.concat([plainConnect(4), ping]))
    feed(decoder, Buffer.concat([ping, hex('40')]))
    assert.equal(recorder.packets.length, 1)
    assert.equal(decoder.heldBytes, 5)
    decoder.release()
    assert.equal(recorder.packets.length, 3)
    assert.equal(decoder.heldBytes, 1)
    feed(decoder, hex('020007c000'))
    assert.deepEqual(recorder.packets.slice(3), [
      { type: 'acknowledgement', packetType: 4, packetId: 7, reasonCode: 0 },
      { type: 'ping' },
    ])
  })

  it('gives the same packets wherever CONNECT and what follows are cut', () => {
    const stream = Buffer.concat([plainConnect(4), ping, hex('40020007'), packet(0x30, str('a')), ping])
    for (let cut = 0; cut <= stream.length; cut += 1) {
      for (let second = cut; second <= stream.length; second += 1) {
        const [decoder, recorder] = holding()
        decoder.decode(stream, 0, cut)
        decoder.decode(stream, cut, second)
        decoder.release()
        decoder.decode(stream, second, stream.length)
        decoder.release()
        assert.equal(recorder.packets.length, 5, `cut at ${cut} and ${second}`)
        assert.equal(decoder.heldBytes, 0)
      }
    }
  })

  it('may happen within one callback', () => {
    class Impatient extends HoldingRecorder {
      override control(received: ControlPacket): void {
        super.control(received)
        this.decoder?.release()
      }
    }
    const recorder = new Impatient()
    const decoder = new PacketDecoder(recorder)
    recorder.decoder = decoder
    feed(decoder, Buffer.concat([plainConnect(4), ping, ping]))
    assert.equal(recorder.packets.length, 3)
  })

  it('may hold again from what was released', () => {
    class OneByOne extends HoldingRecorder {
      override pingRequest(): void {
        super.pingRequest()
        this.decoder?.hold()
      }
    }
    const recorder = new OneByOne()
    const decoder = new PacketDecoder(recorder)
    recorder.decoder = decoder
    feed(decoder, Buffer.concat([plainConnect(4), ping, ping, ping.subarray(0, 1)]))
    decoder.release()
    assert.equal(recorder.packets.length, 2)
    feed(decoder, ping.subarray(1))
    decoder.release()
    assert.equal(recorder.packets.length, 3)
    decoder.release()
    assert.equal(recorder.packets.length, 4)
    assert.equal(decoder.heldBytes, 0)
  })

  it('holds as many bytes as a CONNECT may have, and no more', () => {
    const [decoder, recorder] = holding(100)
    feed(decoder, plainConnect(4))
    feed(decoder, Buffer.alloc(100, ping))
    assert.equal(recorder.violations.length, 0)
    feed(decoder, u8(0xc0))
    assert.equal(recorder.violations[0]?.reasonCode, 0x97)
    assert.equal(decoder.heldBytes, 0)
    decoder.release()
    assert.equal(recorder.packets.length, 1)
  })

  it('does not look at what stands behind a CONNECT once it was stopped', () => {
    const [decoder, recorder] = holding()
    feed(decoder, Buffer.concat([plainConnect(4), hex('ffff')]))
    decoder.stop()
    decoder.release()
    feed(decoder, ping)
    assert.equal(decoder.heldBytes, 0)
    assert.equal(recorder.packets.length, 1)
    assert.deepEqual(recorder.violations, [])
  })
})

describe('stop', () => {
  it('may be called from a callback, and the rest of the segment is dropped', () => {
    class Stopping extends PacketRecorder {
      decoder: PacketDecoder | undefined = undefined

      override pingRequest(): void {
        super.pingRequest()
        this.decoder?.stop()
      }
    }
    const recorder = new Stopping()
    const decoder = connect(recorder)
    recorder.decoder = decoder
    feed(decoder, hex('c000 c000 00'))
    feed(decoder, hex('c000'))
    assert.equal(recorder.packets.length, 1)
    assert.equal(decoder.heldBytes, 0)
  })

  it('is what a callback that throws amounts to, and the error goes on to the caller', () => {
    class Throwing extends PacketRecorder {
      override publish(received: IncomingPublish): void {
        super.publish(received)
        throw new Error('a bug')
      }
    }
    const recorder = new Throwing()
    const decoder = connect(recorder)
    const publish = packet(0x32, str('a'), u16(1))
    decoder.decode(publish, 0, 3)
    assert.throws(() => decoder.decode(Buffer.concat([publish, hex('c000')]), 3, publish.length + 2), /a bug/)
    feed(decoder, hex('c000'))
    assert.equal(recorder.packets.length, 1)
    assert.equal(decoder.heldBytes, 0)
  })
})
