import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { addressFromBytes, withoutMapping } from '../../../src/transport/remote-address.ts'

describe('withoutMapping', () => {
  for (const [given, expected] of [
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8::7', '2001:db8::7'],
    ['::1', '::1'],
  ] as const) {
    it(`gives ${given} as ${expected}`, () => assert.equal(withoutMapping(given), expected))
  }
})

describe('addressFromBytes', () => {
  for (const [given, expected] of [
    ['c0000207', '192.0.2.7'],
    ['00000000000000000000ffffc0000207', '192.0.2.7'],
    ['20010db8000000000000000000000007', '2001:db8::7'],
    ['00000000000000000000000000000001', '::1'],
    ['', ''],
    ['0102', ''],
  ] as const) {
    it(`gives ${given || 'nothing'} as ${expected || 'nothing'}`, () => {
      assert.equal(addressFromBytes(Buffer.from(given, 'hex')), expected)
    })
  }
})
