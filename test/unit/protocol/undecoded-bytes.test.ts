import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { UndecodedBytes } from '../../../src/protocol/undecoded-bytes.ts'

function held(undecoded: UndecodedBytes): string {
  return undecoded.bytes.toString('latin1', 0, undecoded.length)
}

describe('UndecodedBytes', () => {
  it('keeps what was appended, and drops from the front', () => {
    const undecoded = new UndecodedBytes()
    undecoded.append(Buffer.from('xabcx'), 1, 4)
    undecoded.append(Buffer.alloc(200, 'd'), 0, 200)
    undecoded.consume(1)
    assert.equal(held(undecoded), `bc${'d'.repeat(200)}`)
    undecoded.consume(202)
    assert.equal(undecoded.length, 0)
  })

  it('moves to a larger buffer seldom, and to none that is more than twice of what it holds', () => {
    const undecoded = new UndecodedBytes()
    const byte = Buffer.from('x')
    let moves = 0
    for (let length = 1; length <= 1_000_000; length += 1) {
      const { bytes } = undecoded
      undecoded.append(byte, 0, 1)
      if (undecoded.bytes === bytes) continue
      moves += 1
      assert.ok(undecoded.bytes.length <= Math.max(64, 2 * length))
    }
    assert.ok(moves < 20)
  })

  it('lets go of its buffer when it is empty', () => {
    const undecoded = new UndecodedBytes()
    undecoded.append(Buffer.alloc(5000), 0, 5000)
    undecoded.consume(5000)
    assert.equal(undecoded.bytes.length, 0)
  })
})
