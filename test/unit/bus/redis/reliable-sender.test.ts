import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { BODY_BYTES_MAX, ReliableSender } from '../../../../src/bus/redis/reliable-sender.ts'
import { SlabPool } from '../../../../src/protocol/slab-pool.ts'

const HEAD_BYTES = 8
const WINDOW_BYTES = 4 * 1024 * 1024

describe('ReliableSender', () => {
  let sender: ReliableSender
  /** `<number>:<body>` of what was published since the last look. */
  let published: string[]
  let stirred: number

  beforeEach(() => {
    published = []
    stirred = 0
    sender = new ReliableSender(new SlabPool(), HEAD_BYTES, () => stirred++)
  })

  function put(text: string): void {
    const bytes = Buffer.from(text)
    sender.out.append(bytes, 0, bytes.length)
  }

  function pump(): string[] {
    published = []
    sender.pump((number, bytes, length) => {
      published.push(`${number}:${bytes.toString('latin1', HEAD_BYTES, Math.min(length, HEAD_BYTES + 10))}`)
    })
    return published
  }

  async function settled(promise: Promise<void>): Promise<boolean> {
    const other = Symbol('other')
    return (await Promise.race([promise, Promise.resolve(other)])) !== other
  }

  it('numbers the batches from 1 and publishes each once', () => {
    put('a')
    put('b')
    assert.deepEqual(pump(), ['1:ab'])
    put('c')
    assert.deepEqual(pump(), ['2:c'])
    assert.deepEqual(pump(), [])
    assert.equal(stirred, 2)
  })

  it('keeps a batch until it was acknowledged, cumulatively', () => {
    for (const text of ['a', 'b', 'c']) {
      put(text)
      pump()
    }
    sender.acknowledged(2)
    sender.rewind()
    assert.deepEqual(pump(), ['3:c'])
    sender.acknowledged(3)
    sender.rewind()
    assert.deepEqual(pump(), [])
    assert.equal(sender.waitingBytes, 0)
  })

  it('sends everything that was not acknowledged again after a gap, in order', () => {
    for (const text of ['a', 'b', 'c']) {
      put(text)
      pump()
    }
    sender.acknowledged(1)
    sender.rewind()
    put('d')
    assert.deepEqual(pump(), ['2:b', '3:c', '4:d'])
  })

  it('sends again what nobody has acknowledged for a second, and not before', () => {
    sender.check(0)
    put('a')
    pump()
    sender.check(250)
    sender.check(999)
    assert.deepEqual(pump(), [])
    sender.check(1000)
    assert.deepEqual(pump(), ['1:a'])
    sender.check(1999)
    assert.deepEqual(pump(), [])
    sender.check(2000)
    assert.deepEqual(pump(), ['1:a'])
  })

  it('does not send again while acknowledgements go on coming', () => {
    put('a')
    pump()
    sender.check(0)
    put('b')
    pump()
    sender.acknowledged(1)
    sender.check(900)
    sender.check(1800)
    assert.deepEqual(pump(), [])
  })

  it('goes on behind what was acknowledged while it was about to be sent again', () => {
    for (const text of ['a', 'b', 'c']) {
      put(text)
      pump()
    }
    sender.rewind()
    sender.acknowledged(2)
    assert.deepEqual(pump(), ['3:c'])
  })

  it('ignores an acknowledgement of what was never sent, and an old one', () => {
    put('a')
    pump()
    assert.equal(sender.acknowledged(7), false)
    assert.equal(sender.acknowledged(0), false)
    sender.rewind()
    assert.deepEqual(pump(), ['1:a'])
  })

  it('has no more on its way than the window, and goes on with each acknowledgement', () => {
    const body = Buffer.alloc(BODY_BYTES_MAX)
    for (let i = 0; i < 10; i++) sender.out.append(body, 0, body.length)
    const first = pump().length
    assert.equal(first, Math.floor(WINDOW_BYTES / (BODY_BYTES_MAX + HEAD_BYTES)))
    assert.equal(sender.acknowledged(1), true)
    assert.equal(pump().length, 1)
  })

  it('cuts what is too long for one batch into several', () => {
    const body = Buffer.alloc(2 * BODY_BYTES_MAX + 5, 1)
    sender.out.append(body, 0, body.length)
    const lengths: number[] = []
    sender.pump((_, bytes, length) => {
      lengths.push(length - HEAD_BYTES)
      assert.equal(bytes[HEAD_BYTES], 1)
      assert.equal(bytes[length - 1], 1)
    })
    assert.deepEqual(lengths, [BODY_BYTES_MAX, BODY_BYTES_MAX, 5])
  })

  describe('taken', () => {
    it('is resolved when nothing waits', async () => {
      assert.equal(await settled(sender.taken()), true)
    })

    it('waits for the batch that is still gathered, one promise for all of it', async () => {
      put('a')
      const taken = sender.taken()
      put('b')
      assert.equal(sender.taken(), taken)
      pump()
      assert.equal(await settled(taken), false)
      sender.acknowledged(1)
      assert.equal(await settled(taken), true)
    })

    it('waits for what was sent before and not for what is sent after', async () => {
      put('a')
      pump()
      const first = sender.taken()
      put('b')
      const second = sender.taken()
      pump()
      sender.acknowledged(1)
      assert.deepEqual([await settled(first), await settled(second)], [true, false])
      sender.acknowledged(2)
      assert.equal(await settled(second), true)
    })

    it('waits for the last piece of what was cut', async () => {
      const body = Buffer.alloc(BODY_BYTES_MAX + 1)
      sender.out.append(body, 0, body.length)
      const taken = sender.taken()
      pump()
      sender.acknowledged(1)
      assert.equal(await settled(taken), false)
      sender.acknowledged(2)
      assert.equal(await settled(taken), true)
    })

    it('resolves when the peer is given up', async () => {
      put('a')
      pump()
      const sent = sender.taken()
      put('b')
      const gathered = sender.taken()
      sender.giveUp()
      assert.deepEqual([await settled(sent), await settled(gathered)], [true, true])
    })
  })
})
