import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nodeName } from '../../../src/cluster/node-name.ts'
import { FakeRandom } from '../../support/fake-clock.ts'

describe('nodeName', () => {
  it('is the node id with a random part, another one at each start', () => {
    const random = new FakeRandom()
    const [first, second] = [nodeName('edge-1', random), nodeName('edge-1', random)]
    assert.match(first, /^edge-1~[\da-f]{8}$/)
    assert.notEqual(first, second)
  })

  it('begins with the host name where there is no id, without what would part an address', () => {
    assert.match(nodeName(undefined, new FakeRandom(), 'a/b~c d.example'), /^a-b-c-d\.example~[\da-f]{8}$/)
    assert.match(nodeName(undefined, new FakeRandom(), 'x'.repeat(200)), /^x{64}~/)
  })
})
