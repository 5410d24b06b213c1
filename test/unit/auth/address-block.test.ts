import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { addressBlock } from '../../../src/auth/address-block.ts'

describe('the addresses that count as one client', () => {
  it('are an IPv4 address by itself', () => {
    assert.equal(addressBlock('192.0.2.1'), '192.0.2.1')
  })

  it('are the /64 of an IPv6 address, however it is spelled', () => {
    for (const address of [
      '2001:db8:0:7::1',
      '2001:DB8:0:7:ffff::',
      '2001:0db8:0000:0007:1:2:3:4',
      '2001:db8:0:7:1:2:192.0.2.1',
    ]) {
      assert.equal(addressBlock(address), '2001:db8:0:7::/64', address)
    }
    assert.equal(addressBlock('2001:db8::1'), '2001:db8:0:0::/64')
    assert.equal(addressBlock('::1'), '0:0:0:0::/64')
    assert.equal(addressBlock('fe80::1%eth0'), 'fe80:0:0:0::/64')
    assert.equal(addressBlock('64:ff9b::192.0.2.1'), '64:ff9b:0:0::/64')
  })

  it('are apart for two networks of one provider', () => {
    assert.notEqual(addressBlock('2001:db8:0:7::1'), addressBlock('2001:db8:0:8::1'))
  })

  it('never throw, whatever the text is', () => {
    for (const text of ['', ':', '::', ':::', 'a:b:c:d:e:f:g:h:i:j', 'unknown'])
      assert.equal(typeof addressBlock(text), 'string')
  })
})
