import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decodeUtf8, wellFormedText, wellFormedUtf8 } from '../../../src/protocol/utf8.ts'
import { hex } from '../../support/wire-bytes.ts'

function wellFormed(bytes: Buffer): boolean {
  return wellFormedUtf8(bytes, 0, bytes.length)
}

describe('UTF-8 strings', () => {
  it('of every language are taken as they are', () => {
    for (const text of ['', 'a/b', 'Ä ß', '蜂', '🐝', '\u00a0', '\ud7ff', '\ue000', '\ufffd', '\u{10fffd}']) {
      const bytes = Buffer.from(`x${text}x`)
      assert.equal(decodeUtf8(bytes, 1, bytes.length - 1), text)
      assert.equal(wellFormedText(text), true)
    }
  })

  it('v5 [MQTT-1.5.4-3] keep a byte order mark', () => {
    assert.equal(decodeUtf8(hex('efbbbf61'), 0, 4), '\ufeffa')
  })

  it('v5 [MQTT-1.5.4-1] may not be ill-formed or have surrogates', () => {
    const wrong = {
      'stray continuation': '80',
      'two bytes, overlong': 'c080 c1bf',
      'three bytes, overlong': 'e08080 e09fbf',
      'four bytes, overlong': 'f0808080 f08fbfbf',
      'first surrogate': 'eda080',
      'last surrogate': 'edbfbf',
      'beyond Unicode': 'f4908080',
      'five bytes': 'f888808080',
      'cut short': 'e282',
      'continued by a letter': 'c361',
      'never in UTF-8': 'ff',
    }
    for (const [name, digits] of Object.entries(wrong)) assert.equal(wellFormed(hex(digits)), false, name)
  })

  it('v5 [MQTT-1.5.4-2] may not have NUL', () => {
    assert.equal(wellFormed(hex('610062')), false)
    assert.equal(wellFormedText('a\0b'), false)
  })

  it('may not have control characters or noncharacters, as with Mosquitto', () => {
    for (const codePoint of [0x01, 0x0a, 0x1f, 0x7f, 0x80, 0x9f, 0xfdd0, 0xfdef, 0xfffe, 0xffff, 0x1fffe, 0x10ffff]) {
      const text = String.fromCodePoint(codePoint)
      assert.equal(wellFormed(Buffer.from(text)), false, codePoint.toString(16))
      assert.equal(wellFormedText(text), false, codePoint.toString(16))
    }
  })

  it('are never read beyond their end', () => {
    assert.equal(wellFormedUtf8(Buffer.from('é'), 0, 1), false)
  })

  it('are refused for every byte sequence that a strict decoder refuses, and decoded alike where taken', () => {
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    const byte = fc.oneof(fc.nat(0xff), fc.constantFrom(0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0x80, 0x9f, 0xa0, 0xbf, 0x41))
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 8 }), values => {
        const bytes = Buffer.from(values)
        const decoded = decodeUtf8(bytes, 0, bytes.length)
        if (decoded !== undefined) assert.equal(decoded, strict.decode(bytes))
        else assert.throws(() => assert.ok(wellFormedText(strict.decode(bytes))))
      }),
      { numRuns: 5000 },
    )
  })

  it('and strings are judged alike', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        assert.equal(wellFormed(Buffer.from(text)), wellFormedText(text))
      }),
    )
    assert.equal(wellFormedText('\ud800'), false)
  })
})
