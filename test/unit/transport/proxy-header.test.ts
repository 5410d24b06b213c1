import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { ProxyHeaderReading } from '../../../src/transport/proxy-header.ts'
import { PROXY_HEADER_BYTES_MAX, readProxyHeader } from '../../../src/transport/proxy-header.ts'
import { addressFromBytes } from '../../../src/transport/remote-address.ts'
import { HAPROXY_HEADERS, proxyAddresses, proxyBinary, proxyLine } from '../../support/proxy-headers.ts'

const PROXY = 0x21
const LOCAL = 0x20
const TCP4 = 0x11
const TCP6 = 0x21
const IPV4_CLIENT = proxyAddresses(Buffer.from([203, 0, 113, 9]), 50_000)
const CONNECT = Buffer.from('101000044d5154540402003c0004746573 74'.replace(' ', ''), 'hex')

function line(text: string): ProxyHeaderReading {
  return readProxyHeader(Buffer.from(text))
}

function assertMalformed(reading: ProxyHeaderReading, why: RegExp): void {
  assert.equal(reading.kind, 'malformed')
  assert.match(reading.kind === 'malformed' ? reading.why : '', why)
}

describe('readProxyHeader', () => {
  for (const { name, bytes, client } of HAPROXY_HEADERS) {
    it(`reads what HAProxy sends: ${name}`, () => {
      const expected = { kind: 'complete', client, length: bytes.length }
      assert.deepEqual(readProxyHeader(bytes), expected)
      assert.deepEqual(readProxyHeader(Buffer.concat([bytes, CONNECT])), expected)
      for (let length = 0; length < bytes.length; length++) {
        assert.equal(readProxyHeader(bytes.subarray(0, length)).kind, 'incomplete', `${length} bytes of it`)
      }
    })
  }

  it('reads every IPv4 client, of both versions alike', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.nat(65_535), (source, port) => {
        const client = { address: source.join('.'), port }
        const binary = proxyBinary(PROXY, TCP4, proxyAddresses(Buffer.from(source), port))
        assert.deepEqual(readProxyHeader(binary), { kind: 'complete', client, length: binary.length })
        const text = proxyLine(client)
        assert.deepEqual(readProxyHeader(text), { kind: 'complete', client, length: text.length })
      }),
    )
  })

  it('reads every IPv6 client, of both versions alike', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(65_535), (source, port) => {
        const client = { address: addressFromBytes(source), port }
        const binary = proxyBinary(PROXY, TCP6, proxyAddresses(Buffer.from(source), port))
        assert.deepEqual(readProxyHeader(binary), { kind: 'complete', client, length: binary.length })
        const groups = Buffer.from(source).toString('hex').match(/.{4}/g) ?? []
        const text = Buffer.from(`PROXY TCP6 ${groups.join(':')} ::1 ${port} 1883\r\n`)
        assert.deepEqual(readProxyHeader(text), { kind: 'complete', client, length: text.length })
      }),
    )
  })

  it('gives an IPv4 address that is mapped into IPv6 in its IPv4 form', () => {
    const mapped = Buffer.from('00000000000000000000ffffcb007109', 'hex')
    const expected = { address: '203.0.113.9', port: 7 }
    const binary = readProxyHeader(proxyBinary(PROXY, TCP6, proxyAddresses(mapped, 7)))
    assert.deepEqual(binary.kind === 'complete' ? binary.client : binary, expected)
    const text = line('PROXY TCP6 ::ffff:203.0.113.9 ::1 7 1883\r\n')
    assert.deepEqual(text.kind === 'complete' ? text.client : text, expected)
  })

  for (const [name, bytes] of [
    ['PROXY UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n')],
    ['PROXY UNKNOWN with what the receiver must ignore', Buffer.from('PROXY UNKNOWN ::1 nonsense 0 0\r\n')],
    ['LOCAL with addresses', proxyBinary(LOCAL, TCP4, IPV4_CLIENT)],
    ['LOCAL of a family that is unknown', proxyBinary(LOCAL, 0x77, Buffer.alloc(3))],
    ['an unspecified family', proxyBinary(PROXY, 0x00, Buffer.alloc(9))],
    ['a Unix socket', proxyBinary(PROXY, 0x31, Buffer.alloc(216))],
  ] as const) {
    it(`${name} names no client`, () => {
      assert.deepEqual(readProxyHeader(bytes), { kind: 'complete', client: undefined, length: bytes.length })
    })
  }

  it('skips extensions up to the bound, and refuses a longer header before its bytes are there', () => {
    const extended = proxyBinary(PROXY, TCP4, Buffer.concat([IPV4_CLIENT, Buffer.alloc(PROXY_HEADER_BYTES_MAX - 28)]))
    assert.equal(extended.length, PROXY_HEADER_BYTES_MAX)
    const client = { address: '203.0.113.9', port: 50_000 }
    assert.deepEqual(readProxyHeader(extended), { kind: 'complete', client, length: PROXY_HEADER_BYTES_MAX })
    const longer = proxyBinary(PROXY, TCP4, Buffer.alloc(PROXY_HEADER_BYTES_MAX - 15))
    assertMalformed(readProxyHeader(longer.subarray(0, 16)), /too long/)
  })

  it('waits for the end of a line up to 107 bytes', () => {
    const longest = `PROXY UNKNOWN ${'f'.repeat(91)}\r\n`
    assert.equal(longest.length, 107)
    assert.deepEqual(line(longest), { kind: 'complete', client: undefined, length: 107 })
    assert.equal(line(longest.slice(0, 106)).kind, 'incomplete')
    assertMalformed(line(`PROXY UNKNOWN ${'f'.repeat(92)}\r\n`), /too long/)
  })

  for (const [text, why] of [
    ['PROXY \r\n', /not understood/],
    ['PROXY TCP4\r\n', /not understood/],
    ['PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n', /not understood/],
    ['PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n', /not understood/],
    ['PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n', /not understood/],
    ['PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n', /not understood/],
    ['PROXY TCP4 ::1 ::1 1 2\r\n', /address/],
    ['PROXY TCP4 01.2.3.4 1.2.3.4 1 2\r\n', /address/],
    ['PROXY TCP4 1.2.3.4 1.2.3 1 2\r\n', /address/],
    ['PROXY TCP6 1.2.3.4 ::1 1 2\r\n', /address/],
    ['PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n', /address/],
    ['PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n', /port/],
    ['PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n', /port/],
    ['PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n', /port/],
    ['PROXY TCP4 1.2.3.4 1.2.3.4 1 two\r\n', /port/],
    ['proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n', /no header/],
    ['PROXX', /no header/],
    ['\r\n\r\nQ', /no header/],
    ['GET / HTTP/1.1\r\n', /no header/],
  ] as const) {
    it(`refuses ${JSON.stringify(text)}`, () => assertMalformed(line(text), why))
  }

  for (const [name, bytes, why] of [
    ['an MQTT packet', CONNECT, /no header/],
    ['a TLS handshake', Buffer.from('16030100', 'hex'), /no header/],
    ['version 1 in the binary form', proxyBinary(0x11, TCP4, IPV4_CLIENT), /version or command/],
    ['a command that is unknown', proxyBinary(0x22, TCP4, IPV4_CLIENT), /version or command/],
    ['datagrams', proxyBinary(PROXY, 0x12, IPV4_CLIENT), /family/],
    ['a family that is unknown', proxyBinary(PROXY, 0x41, IPV4_CLIENT), /family/],
    ['IPv4 addresses that do not fit in', proxyBinary(PROXY, TCP4, IPV4_CLIENT.subarray(1)), /do not fit/],
    ['IPv6 addresses that do not fit in', proxyBinary(PROXY, TCP6, Buffer.alloc(35)), /do not fit/],
  ] as const) {
    it(`refuses ${name}`, () => assertMalformed(readProxyHeader(bytes), why))
  }

  it('says of some bytes what it says of these with more behind them, once it has said something', () => {
    const beginnings = fc.oneof(
      fc.constantFrom(...HAPROXY_HEADERS.map(({ bytes }) => bytes)),
      fc.string({ maxLength: 120 }).map(text => Buffer.from(`PROXY ${text}\r\n`, 'latin1')),
      fc
        .tuple(fc.nat(255), fc.nat(255), fc.uint8Array({ maxLength: 60 }))
        .map(([command, family, rest]) => proxyBinary(command, family, Buffer.from(rest))),
      fc.uint8Array({ maxLength: 40 }).map(bytes => Buffer.from(bytes)),
    )
    fc.assert(
      fc.property(beginnings, fc.uint8Array({ maxLength: 40 }), (beginning, behind) => {
        const bytes = Buffer.concat([beginning, Buffer.from(behind)])
        const whole = readProxyHeader(bytes)
        for (let length = 0; length < bytes.length; length++) {
          const part = readProxyHeader(bytes.subarray(0, length))
          if (part.kind === 'incomplete') continue
          assert.deepEqual(part, whole)
          return
        }
      }),
    )
  })

  it('is never undecided about the longest header', () => {
    fc.assert(
      fc.property(fc.constantFrom(...HAPROXY_HEADERS), fc.uint8Array({ maxLength: 24 }), ({ bytes }, noise) => {
        const long = Buffer.concat([bytes.subarray(0, 14), Buffer.from(noise), Buffer.alloc(PROXY_HEADER_BYTES_MAX)])
        assert.notEqual(readProxyHeader(long).kind, 'incomplete')
      }),
    )
  })
})
