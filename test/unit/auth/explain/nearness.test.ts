import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nearestOf, nearness } from '../../../../src/auth/explain/nearness.ts'

describe('nearness', () => {
  it('says by what two texts differ that are compared to the letter', () => {
    for (const [found, expected, how] of [
      ['https://a/', 'https://a', 'differs by a trailing slash'],
      ['https://a', 'https://a/', 'differs by a trailing slash'],
      ['HiveMQ', 'hivemq', 'differs by upper and lower case'],
      [' a', 'a', 'differs by spaces around it'],
      ['http://a', 'https://a', 'differs by http:// for https://'],
      ['a.example', 'https://a.example', 'differs by no scheme for https://'],
      ['https://a:443/x', 'https://a/x', 'differs by the port of the scheme, which is not left out'],
      ['HTTP://A/', 'https://a', 'differs by case, slash or scheme only'],
    ] as const) {
      assert.equal(nearness(found, expected), how, `${found} for ${expected}`)
    }
  })

  it('says nothing of texts that are the same, or have little to do with each other', () => {
    assert.equal(nearness('a', 'a'), undefined)
    assert.equal(nearness('https://a.example', 'https://b.example'), undefined)
  })

  it('finds the nearest of several', () => {
    assert.equal(nearestOf(['x', 'MQTT'], 'mqtt'), '"MQTT" differs by upper and lower case')
    assert.equal(nearestOf(['x'], 'mqtt'), undefined)
  })
})
