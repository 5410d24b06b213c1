import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { printable } from '../../../src/auth/printable-text.ts'

describe('printable', () => {
  it('leaves ordinary text as it is', () => {
    for (const text of ['token-client', "o'brien", 'a,b', 'Gerät 7/ß', '🐝', '{"a"}'.replaceAll('"', '')]) {
      assert.equal(printable(text), text)
    }
  })

  it('escapes what ends a line, steers a terminal, closes a quote or parts fields', () => {
    assert.equal(
      printable('a\r\nb\u001b[31m"c\\d, IP 6.6.6.6\u009b\u2028\u202e\u0000\u{e0001}'),
      'a\\u000d\\u000ab\\u001b[31m\\"c\\\\d\\u002c IP 6.6.6.6\\u009b\\u2028\\u202e\\u0000\\u{e0001}',
    )
  })

  it('cuts what is too long and says so', () => {
    assert.equal(printable('abcdef', 3), 'abc…')
    assert.equal(printable('x'.repeat(70_000)).length, 1025)
  })

  it('gives the same text for two texts only if they are the same', () => {
    const text = fc.string({ unit: fc.constantFrom('\\', '"', 'u', '0', '\n', 'n', ',', ' ', '\u000a', 'a') })
    fc.assert(
      fc.property(text, text, (one, other) => {
        assert.equal(printable(one) === printable(other), one === other)
      }),
    )
  })
})
