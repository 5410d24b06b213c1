import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Counters } from '../../../src/core/counters.ts'
import { AwaitedHeader } from '../../../src/transport/awaited-header.ts'
import { PROXY_HEADER_MS_MAX } from '../../../src/transport/limits.ts'
import { ProxyGate } from '../../../src/transport/proxy-gate.ts'
import { PROXY_HEADER_BYTES_MAX } from '../../../src/transport/proxy-header.ts'
import type { RemotePeer } from '../../../src/transport/remote-address.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { HAPROXY_HEADERS, proxyBinary, proxyLine } from '../../support/proxy-headers.ts'
import { RecordingLog } from '../../support/recording-log.ts'

const PROXY: RemotePeer = { address: '10.0.0.1', port: 40_000 }
const BEHIND = Buffer.from('what the client says')

/** One connection behind a proxy, and what came of it. */
class Arrival {
  readonly clock = new FakeClock()
  readonly counters = new Counters()
  readonly socket = new Socket()
  readonly header: AwaitedHeader | undefined
  client: RemotePeer | undefined = undefined
  rest = Buffer.alloc(0)

  constructor(proxy = PROXY) {
    const { clock, counters } = this
    const gate = new ProxyGate('listener', { trustedProxies: ['10.0.0.0/8'], clock, counters, log: new RecordingLog() })
    this.header = AwaitedHeader.of(gate, this.socket, proxy, (client, rest) => {
      this.client = client
      this.rest = Buffer.from(rest)
    })
  }

  /** Reads pieces through one buffer that is used again, as a listener does; what comes behind the header is the client's. */
  read(pieces: readonly Buffer[]): void {
    for (const piece of pieces) {
      if (this.client !== undefined) this.rest = Buffer.concat([this.rest, piece])
      else this.header?.read(Buffer.concat([piece, Buffer.alloc(9, '!')]), piece.length)
    }
  }
}

function chopped(bytes: Buffer, cuts: readonly number[]): readonly Buffer[] {
  const at = [0, ...cuts.map(cut => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end))
}

describe('AwaitedHeader', () => {
  it('finds the same client and the same bytes behind it however the connection is chopped', () => {
    fc.assert(
      fc.property(fc.constantFrom(...HAPROXY_HEADERS), fc.array(fc.nat(), { maxLength: 40 }), (known, cuts) => {
        const arrival = new Arrival()
        arrival.read(chopped(Buffer.concat([known.bytes, BEHIND]), cuts))
        assert.deepEqual(arrival.client, known.client ?? PROXY)
        assert.deepEqual(arrival.rest, BEHIND)
        assert.equal(arrival.clock.pendingTimers, 0)
      }),
    )
  })

  it('takes the longest header byte by byte', () => {
    const arrival = new Arrival()
    const longest = proxyBinary(0x20, 0, Buffer.alloc(PROXY_HEADER_BYTES_MAX - 16))
    arrival.read(Array.from(Buffer.concat([longest, BEHIND]), byte => Buffer.from([byte])))
    assert.deepEqual(arrival.client, PROXY)
    assert.deepEqual(arrival.rest, BEHIND)
  })

  it('refuses bytes that are no header however they are chopped, and looks at no more of them', () => {
    const bytes = Buffer.from(`PROXY TCP4 nobody${BEHIND.toString()}\r\n${proxyLine(PROXY).toString()}`)
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 40 }), cuts => {
        const arrival = new Arrival()
        arrival.read(chopped(bytes, cuts))
        assert.equal(arrival.client, undefined)
        assert.equal(arrival.socket.destroyed, true)
        assert.equal(arrival.counters.proxyHeadersMalformed, 1)
      }),
    )
  })

  it('closes the connection when the header is late, even by a byte', () => {
    const arrival = new Arrival()
    const line = proxyLine(PROXY)
    arrival.read([line.subarray(0, -1)])
    arrival.clock.advance(PROXY_HEADER_MS_MAX)
    assert.equal(arrival.socket.destroyed, true)
    arrival.read([line.subarray(-1)])
    assert.equal(arrival.client, undefined)
    assert.equal(arrival.counters.proxyHeadersLate, 1)
  })

  it('leaves nothing of its own on the socket of a client that is through', () => {
    const arrival = new Arrival()
    const untouched = new Socket()
    arrival.read([proxyLine(PROXY)])
    for (const event of ['end', 'error', 'close']) {
      assert.equal(arrival.socket.listenerCount(event), untouched.listenerCount(event), event)
    }
  })

  it('does not listen to somebody who is not trusted', () => {
    const arrival = new Arrival({ address: '192.0.2.1', port: 1 })
    assert.equal(arrival.header, undefined)
    assert.equal(arrival.socket.destroyed, true)
    assert.equal(arrival.clock.pendingTimers, 0)
    assert.equal(arrival.counters.proxyHeadersUntrusted, 1)
  })
})
