import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { LooseSender } from '../../../../src/bus/redis/loose-sender.ts'
import { BODY_BYTES_MAX } from '../../../../src/bus/redis/reliable-sender.ts'
import { SlabPool } from '../../../../src/protocol/slab-pool.ts'

const HEAD_BYTES = 8

describe('LooseSender', () => {
  let sender: LooseSender

  beforeEach(() => {
    sender = new LooseSender(new SlabPool(), HEAD_BYTES, () => {})
  })

  function send(size: number): (readonly [number, number, boolean])[] {
    const sent: (readonly [number, number, boolean])[] = []
    sender.out.append(Buffer.alloc(size, 7), 0, size)
    sender.pump((position, bytes, length, rest) => {
      assert.equal(bytes[HEAD_BYTES], 7)
      assert.equal(bytes[length - 1], 7)
      sent.push([position, length - HEAD_BYTES, rest])
    })
    sender.letGo()
    return sent
  }

  it('publishes what was gathered once, and says how many bytes went before', () => {
    assert.deepEqual(send(100), [[0, 100, false]])
    assert.deepEqual(send(50), [[100, 50, false]])
    const again: number[] = []
    sender.pump(position => again.push(position))
    assert.deepEqual(again, [])
  })

  it('cuts what is too long for one batch, and says which are no beginning', () => {
    assert.deepEqual(send(BODY_BYTES_MAX + 10), [
      [0, BODY_BYTES_MAX, false],
      [BODY_BYTES_MAX, 10, true],
    ])
  })

  it('is congested while the peer has not seen four mebibytes', () => {
    for (let i = 0; i < 5; i++) send(BODY_BYTES_MAX)
    assert.equal(sender.congested, true)
    sender.seen(2 * BODY_BYTES_MAX)
    assert.equal(sender.congested, false)
  })

  it('takes for lost what the peer does not see within a second', () => {
    sender.check(0)
    for (let i = 0; i < 5; i++) send(BODY_BYTES_MAX)
    sender.check(250)
    sender.check(999)
    assert.equal(sender.congested, true)
    sender.check(1250)
    assert.equal(sender.congested, false)
  })

  it('forgets what there is no way to publish', () => {
    sender.out.append(Buffer.alloc(100), 0, 100)
    sender.letGo()
    assert.deepEqual(send(1), [[0, 1, false]])
  })
})
