import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { filterListPermissions } from '../../../../src/auth/permission-formats/filter-lists.ts'
import { compiled, holderOf } from './holder.ts'

describe('publ and subl', () => {
  it('list what may be published and subscribed to', () => {
    const holder = holderOf({ publ: ['up/${clientid}'], subl: ['down/#'] })
    const permissions = compiled(filterListPermissions(holder), holder)
    assert.equal(permissions.mayPublish('up/clientid', 1, false), true)
    assert.equal(permissions.maySubscribe('up/clientid', 1, undefined), false)
    assert.equal(permissions.maySubscribe('down/+', 1, undefined), true)
  })

  it('say nothing of permissions when neither is there, and deny the rest when one is', () => {
    assert.deepEqual(filterListPermissions(holderOf({})), { kind: 'unknown' })
    assert.deepEqual(filterListPermissions(holderOf({ subl: [] })), { kind: 'known', permissions: [] })
  })

  it('are refused when they are no lists of Topic Filters', () => {
    for (const publ of ['a', [7], ['a/#/b'], Array.from({ length: 2_049 }, () => 'a')]) {
      assert.equal(filterListPermissions(holderOf({ publ })).kind, 'refused')
    }
  })
})
