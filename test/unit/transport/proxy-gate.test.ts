import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Counters } from '../../../src/core/counters.ts'
import { ProxyGate } from '../../../src/transport/proxy-gate.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLog } from '../../support/recording-log.ts'

function gateOf(...trustedProxies: string[]): {
  gate: ProxyGate
  clock: FakeClock
  counters: Counters
  log: RecordingLog
} {
  const parts = { clock: new FakeClock(), counters: new Counters(), log: new RecordingLog() }
  return { gate: new ProxyGate('tcp-listener-1883', { trustedProxies, ...parts }), ...parts }
}

describe('ProxyGate', () => {
  it('trusts the addresses and networks that it was given, of both families, and nobody else', () => {
    const { gate } = gateOf('192.0.2.7', '10.0.0.0/8', '2001:db8::1', 'fd00::/8')
    for (const address of ['192.0.2.7', '10.255.0.1', '2001:db8::1', 'fdff::1'])
      assert.ok(gate.trusts(address), address)
    for (const address of ['192.0.2.8', '11.0.0.1', '2001:db8::2', 'fe00::1', '::1', '']) {
      assert.ok(!gate.trusts(address), address)
    }
  })

  it('trusts everybody of a family when that is what it was given', () => {
    const { gate } = gateOf('0.0.0.0/0')
    assert.ok(gate.trusts('203.0.113.1'))
    assert.ok(!gate.trusts('2001:db8::1'))
  })

  it('counts refusals by reason, and logs one line in ten seconds', () => {
    const { gate, clock, counters, log } = gateOf('10.0.0.0/8')
    gate.refused('192.0.2.1', 'untrusted', 'not trusted')
    gate.refused('10.0.0.1', 'malformed', 'a port is wrong')
    gate.refused('10.0.0.1', 'malformed', 'a port is wrong')
    clock.advance(10_000)
    gate.refused('10.0.0.2', 'late', 'no header')
    const { proxyHeadersUntrusted, proxyHeadersMalformed, proxyHeadersLate } = counters
    assert.deepEqual([proxyHeadersUntrusted, proxyHeadersMalformed, proxyHeadersLate], [1, 2, 1])
    assert.deepEqual(
      log.entries.map(({ level, fields }) => [level, fields?.['peer'], fields?.['reason'], fields?.['connections']]),
      [
        ['warn', '192.0.2.1', 'untrusted', 1],
        ['warn', '10.0.0.2', 'late', 3],
      ],
    )
  })
})
