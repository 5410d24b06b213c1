import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { OutBuffer } from '../../../src/protocol/out-buffer.ts'
import { SlabPool } from '../../../src/protocol/slab-pool.ts'

/** An owner that writes down what it is told. */
class RecordingOwner {
  readonly events: string[] = []
  readonly sent: Buffer[] = []

  gathering(): void {
    this.events.push('gathering')
  }

  send(slab: Buffer, length: number): void {
    this.events.push(`send ${length}`)
    this.sent.push(Buffer.from(slab.subarray(0, length)))
  }
}

describe('OutBuffer', () => {
  it('tells its owner of the first bytes only, and sends all of a tick at once', () => {
    const owner = new RecordingOwner()
    const out = new OutBuffer(owner, new SlabPool())
    out.flush()
    out.append(Buffer.from('xabx'), 1, 3)
    out.append(Buffer.from('cd'), 0, 2)
    assert.deepEqual(owner.events, ['gathering'])
    out.flush()
    out.flush()
    assert.deepEqual(owner.events, ['gathering', 'send 4'])
    assert.equal(Buffer.concat(owner.sent).toString(), 'abcd')
    out.append(Buffer.from('e'), 0, 1)
    assert.deepEqual(owner.events, ['gathering', 'send 4', 'gathering'])
  })

  it('sends every byte in order, whatever sizes are appended, and keeps each of them whole', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40_000 }), { maxLength: 20 }), sizes => {
        const owner = new RecordingOwner()
        const out = new OutBuffer(owner, new SlabPool())
        const parts = sizes.map((size, index) => Buffer.alloc(size, index + 1))
        for (const part of parts) {
          const offset = out.reserve(part.length)
          part.copy(out.slab, offset)
        }
        out.flush()
        assert.ok(Buffer.concat(owner.sent).equals(Buffer.concat(parts)))
        assert.equal(owner.events.filter(event => event === 'gathering').length, sizes.length === 0 ? 0 : 1)
      }),
    )
  })

  it('sends more at a time once a tick has filled a slab, and begins the next tick with a small one', () => {
    const owner = new RecordingOwner()
    const out = new OutBuffer(owner, new SlabPool())
    const kibibyte = Buffer.alloc(1024)
    for (let appended = 0; appended < 100; appended++) out.append(kibibyte, 0, 1024)
    out.flush()
    for (let appended = 0; appended < 17; appended++) out.append(kibibyte, 0, 1024)
    out.flush()
    const sizes = owner.sent.map(({ length }) => length / 1024)
    assert.deepEqual(sizes, [16, 64, 20, 16, 1])
  })

  it('leaves room for a head at the start of every slab, and counts it', () => {
    const owner = new RecordingOwner()
    const out = new OutBuffer(owner, new SlabPool(), 5)
    for (const size of [2, 20_000, 60_000]) out.append(Buffer.alloc(size, size % 256), 0, size)
    out.flush()
    assert.deepEqual(owner.events, ['gathering', 'send 7', 'send 20005', 'send 60005'])
    assert.deepEqual(
      owner.sent.map(bytes => bytes.subarray(5).every(byte => byte === (bytes.length - 5) % 256)),
      [true, true, true],
    )
  })
})
