import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ClusterSeal } from '../../../src/auth/cluster-seal.ts'
import { RolledSeal } from '../../../src/auth/rolled-seal.ts'
import { systemRandom } from '../../../src/telemetry/system-random.ts'

const NOW = 1_700_000_000_000
const VALUE = Buffer.from('a value')

function sealOf(secret: string): ClusterSeal {
  return new ClusterSeal(secret, 'guardbee', systemRandom)
}

describe('the seal of a cluster whose secret is rolled over', () => {
  const [old, next, foreign] = ['old secret', 'next secret', 'foreign secret'].map(sealOf)
  assert(old !== undefined && next !== undefined && foreign !== undefined)
  const rolled = new RolledSeal(next, old)

  it('takes what either secret has sealed, until its end, and nothing else', () => {
    for (const one of [old, next]) {
      const sealed = one.seal('name', VALUE, NOW + 1000)
      assert.deepEqual(rolled.open('name', sealed, NOW), { value: VALUE, untilMs: NOW + 1000 })
      assert.equal(rolled.open('name', sealed, NOW + 1000), undefined)
      assert.equal(rolled.open('other', sealed, NOW), undefined)
    }
    assert.equal(rolled.open('name', foreign.seal('name', VALUE, NOW + 1000), NOW), undefined)
  })

  it('knows the names of both', () => {
    for (const one of [old, next]) assert.equal(rolled.isNameOf(one.nameOf('a', 'b'), 'a', 'b'), true)
    assert.equal(rolled.isNameOf(old.nameOf('ab'), 'a', 'b'), false)
    assert.equal(rolled.isNameOf(foreign.nameOf('a', 'b'), 'a', 'b'), false)
  })

  it('seals and names with the current one alone', () => {
    const sealed = rolled.seal('name', VALUE, NOW + 1000)
    assert.deepEqual(next.open('name', sealed, NOW), { value: VALUE, untilMs: NOW + 1000 })
    assert.equal(old.open('name', sealed, NOW), undefined)
    assert.equal(rolled.nameOf('a'), next.nameOf('a'))
  })
})
