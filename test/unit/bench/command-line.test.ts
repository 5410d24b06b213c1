import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseBenchArguments } from '../../../bench/command-line.ts'

describe('parseBenchArguments', () => {
  it('takes several names after one option, separated by spaces or commas', () => {
    const args = parseBenchArguments(['--scenario', 'a', 'b,c', '--quick', '--peer', 'x', '--peer', 'y'])
    assert.deepEqual(args.scenarios, ['a', 'b', 'c'])
    assert.deepEqual(args.peers, ['x', 'y'])
    assert.equal(args.quick, true)
  })

  it('means every installed peer when none is named, and no peer by "none"', () => {
    assert.equal(parseBenchArguments([]).peers, undefined)
    assert.deepEqual(parseBenchArguments(['--peer', 'none']).peers, [])
  })

  it('refuses what it does not know, and counts that are none', () => {
    assert.throws(() => parseBenchArguments(['--fast']), /--fast/)
    assert.throws(() => parseBenchArguments(['stray']), /stray/)
    for (const count of ['0', '1.5', 'many', '101'])
      assert.throws(() => parseBenchArguments(['--repetitions', count]), /--repetitions wants/)
  })
})
