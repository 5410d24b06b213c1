import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BATCH_VERSION, BatchHead, BatchKind, BatchStamp } from '../../../../src/bus/redis/batch.ts'

describe('the head of a batch', () => {
  const stamp = new BatchStamp('host~1a2b3c4d/12')

  function stamped(): Buffer {
    const bytes = Buffer.alloc(stamp.bytes)
    stamp.write(bytes, BatchKind.Reliable, 0xffff_ffff, 7, 2 ** 40, 2 ** 41, 2 ** 42)
    return bytes
  }

  it('is read as it was written', () => {
    const head = new BatchHead()
    head.readSender(stamped())
    head.readRest(stamped())
    assert.partialDeepStrictEqual(head, {
      version: BATCH_VERSION,
      kind: BatchKind.Reliable,
      from: 'host~1a2b3c4d/12',
      link: 0xffff_ffff,
      peerLink: 7,
      number: 2 ** 40,
      reliableSeen: 2 ** 41,
      looseSeen: 2 ** 42,
      end: stamp.bytes,
    })
  })

  it('that is cut anywhere is refused and reads nothing beyond its end', () => {
    for (let length = 0; length < stamp.bytes; length++) {
      const head = new BatchHead()
      const cut = stamped().subarray(0, length)
      assert.throws(
        () => {
          head.readSender(cut)
          head.readRest(cut)
        },
        { code: 'BUS_PROTOCOL' },
      )
    }
  })

  it('has room for an address of 255 bytes and no more', () => {
    assert.throws(() => new BatchStamp('x'.repeat(256)), TypeError)
    assert.throws(() => new BatchStamp(''), TypeError)
  })
})
