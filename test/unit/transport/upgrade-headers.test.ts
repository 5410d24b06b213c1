import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { UpgradeHeadersReader } from '../../../src/transport/upgrade-headers.ts'

describe('UpgradeHeadersReader', () => {
  it('keeps what may hold credentials, the first of each name', () => {
    const reader = new UpgradeHeadersReader()
    for (const [name, value] of [
      ['host', 'a'],
      ['sec-websocket-key', 'b'],
      ['user-agent', 'c'],
      ['authorization', 'Bearer d'],
      ['authorization', 'Bearer e'],
      ['cookie', 'f=g'],
      ['x-api-key', 'h'],
    ] as const) {
      reader.add(name, value)
    }
    assert.deepEqual(Object.fromEntries(reader.headers ?? []), {
      authorization: 'Bearer d',
      cookie: 'f=g',
      'x-api-key': 'h',
    })
  })

  it('keeps nothing where nothing is to be kept', () => {
    const reader = new UpgradeHeadersReader()
    reader.add('accept-encoding', 'gzip')
    assert.equal(reader.headers, undefined)
  })
})
