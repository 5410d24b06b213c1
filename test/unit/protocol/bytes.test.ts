import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  fourByteIntegerAt,
  INCOMPLETE,
  TOO_LONG,
  twoByteIntegerAt,
  VARIABLE_BYTE_INTEGER_MAX,
  variableByteIntegerAt,
  variableByteIntegerEnd,
  variableByteIntegerSize,
  writeFourByteInteger,
  writeTwoByteInteger,
  writeVariableByteInteger,
} from '../../../src/protocol/bytes.ts'
import { hex } from '../../support/wire-bytes.ts'

describe('integers', () => {
  it('of two and four bytes are read as they were written', () => {
    fc.assert(
      fc.property(fc.nat(0xffff), fc.nat(0xffff_ffff), (two, four) => {
        const bytes = Buffer.alloc(6)
        assert.equal(writeFourByteInteger(bytes, writeTwoByteInteger(bytes, 0, two), four), 6)
        assert.deepEqual([twoByteIntegerAt(bytes, 0), fourByteIntegerAt(bytes, 2)], [two, four])
      }),
    )
  })

  it('v5 1.5.5 of variable size have the bytes of the table at its borders', () => {
    const table: readonly [number, string][] = [
      [0, '00'],
      [127, '7f'],
      [128, '8001'],
      [16_383, 'ff7f'],
      [16_384, '808001'],
      [2_097_151, 'ffff7f'],
      [2_097_152, '80808001'],
      [VARIABLE_BYTE_INTEGER_MAX, 'ffffff7f'],
    ]
    for (const [value, digits] of table) {
      const bytes = Buffer.alloc(digits.length / 2)
      assert.equal(writeVariableByteInteger(bytes, 0, value), bytes.length)
      assert.equal(bytes.toString('hex'), digits)
      assert.equal(variableByteIntegerSize(value), bytes.length)
      assert.equal(variableByteIntegerEnd(bytes, 0, bytes.length), bytes.length)
      assert.equal(variableByteIntegerAt(bytes, 0, bytes.length), value)
    }
  })

  it('of variable size are incomplete or too long where no fourth byte ends them', () => {
    assert.equal(variableByteIntegerEnd(hex('ffffff'), 0, 3), INCOMPLETE)
    assert.equal(variableByteIntegerEnd(hex(''), 0, 0), INCOMPLETE)
    assert.equal(variableByteIntegerEnd(hex('ffffffff'), 0, 4), TOO_LONG)
    assert.equal(variableByteIntegerEnd(hex('8080808000'), 0, 5), TOO_LONG)
  })
})
