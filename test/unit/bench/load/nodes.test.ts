import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nodesOfPair } from '../../../../bench/load/nodes.ts'

describe('nodesOfPair', () => {
  for (const nodes of [1, 2, 4]) {
    for (const crossingShare of [0, 0.5, 1]) {
      it(`lets ${crossingShare * 100} % of the pairs cross and uses all of ${nodes} nodes alike`, () => {
        const pairs = Array.from({ length: 48 }, (_, pair) => nodesOfPair(pair, 48, nodes, crossingShare))
        const crossing = pairs.filter(({ publisher, subscriber }) => publisher !== subscriber).length
        assert.equal(crossing, nodes === 1 ? 0 : 48 * crossingShare)
        for (let node = 0; node < nodes; node += 1) {
          assert.equal(pairs.filter(({ publisher }) => publisher === node).length, 48 / nodes)
          assert.equal(pairs.filter(({ subscriber }) => subscriber === node).length, 48 / nodes)
        }
      })
    }
  }

  it('gives a node to every pair where there are fewer pairs than nodes', () => {
    assert.deepEqual(nodesOfPair(0, 1, 4, 1), { publisher: 1, subscriber: 0 })
  })
})
