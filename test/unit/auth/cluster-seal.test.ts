import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ClusterSeal } from '../../../src/auth/cluster-seal.ts'
import { systemRandom } from '../../../src/telemetry/system-random.ts'

const NOW = 1_700_000_000_000
const VALUE = Buffer.from('a value')

function sealOf(secret = 'a secret of the cluster', clusterName = 'guardbee'): ClusterSeal {
  return new ClusterSeal(secret, clusterName, systemRandom)
}

describe('the seal of a cluster', () => {
  const sealed = sealOf().seal('name', VALUE, NOW + 1000)

  it('is opened by every node with the same secret, until its end', () => {
    assert.deepEqual(sealOf().open('name', sealed, NOW + 999), { value: VALUE, untilMs: NOW + 1000 })
    assert.equal(sealOf().open('name', sealed, NOW + 1000), undefined)
  })

  it('is not opened under another name, with another secret or in another cluster', () => {
    assert.equal(sealOf().open('other', sealed, NOW), undefined)
    assert.equal(sealOf('another secret').open('name', sealed, NOW), undefined)
    assert.equal(sealOf(undefined, 'other').open('name', sealed, NOW), undefined)
  })

  it('is broken by a change of any one bit, that of its end too, and by any loss', () => {
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed)
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      assert.equal(sealOf().open('name', changed, NOW), undefined, `bit ${bit}`)
    }
    for (let length = 0; length < sealed.length; length++) {
      assert.equal(sealOf().open('name', sealed.subarray(0, length), NOW), undefined, `${length} bytes`)
    }
  })

  it('shows nothing of the value, and is another one each time', () => {
    assert.equal(sealed.includes(VALUE), false)
    assert.notDeepEqual(sealOf().seal('name', VALUE, NOW + 1000), sealed)
  })

  it('names things so that only those with the secret know of what', () => {
    assert.equal(sealOf().nameOf('a', 'b'), sealOf().nameOf('a', 'b'))
    const others = [sealOf().nameOf('ab'), sealOf().nameOf('a', '', 'b'), sealOf('another').nameOf('a', 'b')]
    assert.equal(new Set([sealOf().nameOf('a', 'b'), ...others]).size, 4)
  })
})
