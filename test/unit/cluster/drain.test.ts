import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Drain } from '../../../src/cluster/drain.ts'
import { drainOf } from '../../../src/cluster/drain.ts'
import type { Environment } from '../../../src/config/setting.ts'
import { readSettings } from '../../../src/config/settings.ts'
import { ReasonCode } from '../../../src/protocol/reason-codes.ts'

function drainWith(environment: Environment): Drain {
  const issuer = { GUARDBEE_JWT_ISSUER: 'https://issuer.example/' }
  const { settings } = readSettings({ ...issuer, ...environment }, { cores: 1 })
  assert.ok(settings !== undefined)
  return drainOf(settings)
}

describe('drainOf', () => {
  it('takes no time unless told so, for a broker that is alone', () => {
    const { delayMs, durationMs, refusal } = drainWith({})
    assert.deepEqual([delayMs, durationMs, refusal.reasonCode], [0, 0, ReasonCode.ServerShuttingDown])
    assert.equal(refusal.serverReference, undefined)
  })

  it('takes the time it is given and says where clients may go', () => {
    const { delayMs, durationMs, refusal } = drainWith({
      GUARDBEE_DRAIN_DELAY_SECONDS: '5',
      GUARDBEE_DRAIN_SECONDS: '60',
      GUARDBEE_DRAIN_REASON: 'use-another-server',
      GUARDBEE_DRAIN_SERVER_REFERENCE: 'other.example:1883',
    })
    assert.deepEqual([delayMs, durationMs, refusal.reasonCode], [5_000, 60_000, ReasonCode.UseAnotherServer])
    assert.equal(refusal.serverReference, 'other.example:1883')
  })
})
