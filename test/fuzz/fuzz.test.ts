import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startOpenGuardbee } from '../conformance/brokers/guardbee.ts'
import type { OpenGuardbee } from '../conformance/brokers/guardbee.ts'
import { runBroker } from './broker-run.ts'
import { runDecoder } from './decoder-run.ts'

const DECODER_MS = 2_000
const BROKER_MS = 4_000
// A new seed for each run; what fails names it, and `npm run fuzz -- --seed` replays it.
const seed = Math.floor(Math.random() * 0x1_0000_0000)

describe(`mutated packets, seed ${seed}`, { timeout: 60_000 }, () => {
  let broker: OpenGuardbee | undefined

  before(async () => {
    broker = await startOpenGuardbee()
  })

  after(() => broker?.stop())

  it('never break the decoder (CVE-2024-50948, CVE-2026-8686)', () => {
    const run = runDecoder(seed, performance.now() + DECODER_MS)
    assert.ok(run.packets > 0 && run.violations > 0)
  })

  it('never break a live broker, nor disturb its other clients', async t => {
    assert.ok(broker !== undefined)
    const run = await runBroker(broker, seed, performance.now() + BROKER_MS)
    t.diagnostic(JSON.stringify(run))
    assert.ok(run.closedByBroker > 0 && run.witnessMessages > 0)
  })
})
