import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isLoopback, reachableHost } from '../../../src/config/loopback.ts'

describe('addresses to listen on', () => {
  for (const [address, host, loopback] of [
    ['127.0.0.1', '127.0.0.1', true],
    ['127.8.8.8', '127.8.8.8', true],
    ['::1', '[::1]', true],
    ['0.0.0.0', '127.0.0.1', false],
    ['::', '[::1]', false],
    ['192.0.2.1', '192.0.2.1', false],
    ['2001:db8::1', '[2001:db8::1]', false],
  ] as const) {
    it(`${address} is reached from this machine at ${host}`, () => {
      assert.equal(reachableHost(address), host)
      assert.equal(isLoopback(address), loopback)
    })
  }
})
