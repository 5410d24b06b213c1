import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ownRealms, realmId, realmIds, withIds } from '../../../src/auth/realm-id.ts'
import type { JwtRealmModel } from '../../../src/auth/security-model.ts'
import { rules } from './token-fixtures.ts'

function realm(name: string, jwksUri = 'https://a.example/keys'): JwtRealmModel {
  return { kind: 'jwt', name, jwksUri, jwksDefaultCacheSeconds: 1800, introspection: undefined }
}

function several(...realms: readonly JwtRealmModel[]): JwtRealmModel {
  return { ...realm('default', ''), issuers: realms.map(one => ({ realm: one, validation: rules() })) }
}

function counter(): () => number {
  let last = 0
  return () => ++last
}

const idsOf = (realms: readonly JwtRealmModel[]): readonly string[] => ownRealms(realms).map(realmId)

describe('the ids of realms', () => {
  it('are their names at first, of several issuers those of each', () => {
    assert.deepEqual(idsOf([realm('x'), several(realm('a'), realm('b'))]), ['x', 'a', 'b'])
    assert.deepEqual(realmIds([several(realm('a'), realm('b'))]), new Set(['a', 'b']))
  })

  it('stay as they are where nothing else has changed', () => {
    const before = [realm('x'), several(realm('a'), realm('b'))]
    assert.deepEqual(withIds(structuredClone(before), before, counter()), before)
    const again = withIds([realm('x', 'https://c.example/keys')], before, counter())
    assert.deepEqual(withIds([realm('x', 'https://c.example/keys')], again, counter()), again)
  })

  it('are new ones for realms that are new or have changed, whatever they were before', () => {
    const next = counter()
    const first = withIds([several(realm('a', 'https://c.example/keys'), realm('c'))], [several(realm('a'))], next)
    assert.deepEqual(idsOf(first), ['a~1', 'c~2'])
    const second = withIds([several(realm('a'))], first, next)
    assert.deepEqual(idsOf(second), ['a~3'])
  })

  it('never are the name of another', () => {
    assert.deepEqual(idsOf(withIds([realm('a', 'https://c.example/keys')], [realm('a~1'), realm('a')], counter())), [
      'a~2',
    ])
  })
})
