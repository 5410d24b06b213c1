import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  httpUrl,
  integer,
  ipAddress,
  networks,
  oneOf,
  portOrOff,
  serverReference,
  text,
} from '../../../src/config/setting-types.ts'
import type { SettingType } from '../../../src/config/setting.ts'

function accepts<Value>(type: SettingType<Value>, texts: readonly string[]): void {
  for (const given of texts) assert.notEqual(type.parse(given), undefined, `${JSON.stringify(given)} must be right`)
}

function refuses<Value>(type: SettingType<Value>, texts: readonly string[]): void {
  for (const given of texts) assert.equal(type.parse(given), undefined, `${JSON.stringify(given)} must be wrong`)
}

describe('setting types', () => {
  it('an integer is digits within its bounds', () => {
    refuses(integer(1, 256), ['', '0', '257', '-1', '+1', '1.0', '1e2', ' 1', '1 ', '0x10', '٣', '9'.repeat(400)])
    assert.deepEqual(integer(1, 256).parse('007'), { value: 7 })
  })

  it('an integer is accepted exactly when it is within its bounds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 500 }), (value, min) => {
        const parsed = integer(min, min + 200).parse(String(value))
        assert.deepEqual(parsed, value >= min && value <= min + 200 ? { value } : undefined)
      }),
    )
  })

  it('a port that may be off is a port or nothing', () => {
    assert.deepEqual(portOrOff.parse(''), { value: undefined })
    assert.deepEqual(portOrOff.parse('65535'), { value: 65_535 })
    refuses(portOrOff, ['65536', 'off', ' '])
  })

  it('a word is one of those listed, in their spelling', () => {
    accepts(oneOf(['info', 'warn']), ['info', 'warn'])
    refuses(oneOf(['info', 'warn']), ['INFO', 'inf', ''])
  })

  it('an address is IPv4 or IPv6 and no name', () => {
    accepts(ipAddress, ['0.0.0.0', '127.0.0.1', '255.255.255.255', '::', '::1', 'fe80::1', '::ffff:10.0.0.1'])
    refuses(ipAddress, [
      '',
      'localhost',
      '1.2.3',
      '1.2.3.256',
      '01.2.3.4',
      '1.2.3.4.5',
      '[::1]',
      '::1]/',
      ':',
      '1::2::3',
    ])
  })

  it('networks are addresses, with the bits that count where not all do', () => {
    assert.deepEqual(networks.parse(' 10.0.0.0/8, fd00::/8,192.0.2.1 '), { value: '10.0.0.0/8 fd00::/8 192.0.2.1' })
    accepts(networks, ['0.0.0.0/0', '::/0', '::1', '192.0.2.1/32', '2001:db8::/128'])
    refuses(networks, [
      '',
      ',',
      'balancer',
      '10.0.0.0/33',
      '::/129',
      '10.0.0.0/',
      '10.0.0.0/08',
      '10.0.0.0/8/8',
      '10/8',
    ])
  })

  it('a Server Reference is text that fits into a packet', () => {
    accepts(serverReference, ['mqtt2.example.com:1883 mqtt3.example.com', 'a'.repeat(1_024)])
    refuses(serverReference, ['', 'a'.repeat(1_025), 'a\nb'])
  })

  it('a URL is http or https, absolute, kept to the letter', () => {
    assert.deepEqual(httpUrl.parse('https://Issuer.example/'), { value: 'https://Issuer.example/' })
    accepts(httpUrl, ['http://127.0.0.1:9400', 'https://issuer.example/oauth2/default?x=1'])
    refuses(httpUrl, [
      '',
      'issuer.example',
      'ftp://x',
      'https://',
      'https://a b',
      'https://u:p@x',
      'https://x/#a',
      'https:x',
    ])
  })

  it('text is on one line and not blank', () => {
    accepts(text, ['HiveMQ', 'mqtt read', 'größe'])
    refuses(text, ['', ' ', 'a\nb', 'a\u0000', '\u001b[31m', '\u009b31m'])
  })
})
