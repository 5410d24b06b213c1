import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fillPlaceholders, placeholdersOf } from '../../../src/core/permission-placeholders.ts'
import { ALLOW_ALL, type Permission } from '../../../src/core/permissions.ts'

function filled(topicFilter: string, values: Readonly<Record<string, string>>, fields: Partial<Permission> = {}) {
  const outcome = fillPlaceholders([{ ...ALLOW_ALL, topicFilter, ...fields }], name => values[name])
  return outcome.kind === 'unsafe' ? outcome : outcome.permissions.map(permission => permission.topicFilter)
}

describe('fillPlaceholders', () => {
  it('fills in the values of the client, each as one level or a part of one', () => {
    const values = { 'mqtt-clientid': 'c1', 'mqtt-username': 'u 1', 'string-plant': '$p' }
    assert.deepEqual(filled('a/${mqtt-clientid}/x-${mqtt-username}/${mqtt-clientid}/#', values), ['a/c1/x-u 1/c1/#'])
    assert.deepEqual(filled('p/${string-plant}', values), ['p/$p'])
    assert.deepEqual(filled('plain/+', values), ['plain/+'])
  })

  it('refuses a value that would reach further than one level (CVE-2017-7650)', () => {
    for (const value of ['+', '#', 'a/b', 'a\0', '/', 'x#']) {
      const outcome = filled('t/${mqtt-clientid}', { 'mqtt-clientid': value })
      assert.deepEqual(outcome, { kind: 'unsafe', placeholder: 'mqtt-clientid' }, JSON.stringify(value))
    }
  })

  it('refuses a value that opens the $-topics', () => {
    assert.deepEqual(filled('${a}/${b}', { a: '$SYS', b: 'x' }), { kind: 'unsafe', placeholder: 'a' })
  })

  it('refuses what makes no Topic Filter: too long, or characters that none may have', () => {
    for (const value of ['x'.repeat(70_000), '\ud800']) {
      assert.deepEqual(filled('t/${a}', { a: value }), { kind: 'unsafe', placeholder: 'a' })
    }
  })

  it('leaves out a grant without its value and refuses a denial without it (CVE-2026-32696)', () => {
    assert.deepEqual(filled('t/${mqtt-username}', {}), [])
    assert.deepEqual(filled('t/${mqtt-username}', { 'mqtt-username': '' }), [])
    assert.deepEqual(filled('t/${mqtt-username}', {}, { effect: 'deny' }), {
      kind: 'unsafe',
      placeholder: 'mqtt-username',
    })
  })

  it('takes no value for a placeholder again, nor a placeholder in a literal', () => {
    assert.deepEqual(filled('t/${a}', { a: '${b}', b: '#' }), ['t/${b}'])
    assert.deepEqual(filled('t/${a}', { a: 'x' }, { syntax: 'literal' }), ['t/${a}'])
  })

  it('names the placeholders of a filter', () => {
    assert.deepEqual(placeholdersOf('a/${x}/${y-1}/b'), ['x', 'y-1'])
  })
})
