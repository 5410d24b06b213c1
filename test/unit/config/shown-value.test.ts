import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { quoted } from '../../../src/config/shown-value.ts'

describe('quoted', () => {
  it('escapes what could steer a terminal', () => {
    assert.equal(quoted('a\n\u001b[31m\u007f\u009b'), '"a\\n\\u001b[31m\\x7f\\x9b"')
  })

  it('cuts what is long', () => {
    assert.equal(quoted('x'.repeat(1000)).length, 83)
  })

  it('masks user name and password wherever a URL stands', () => {
    assert.equal(quoted('see https://me:pa@ss@host/x?y=a@b'), '"see https://***@host/x?y=a@b"')
  })
})
