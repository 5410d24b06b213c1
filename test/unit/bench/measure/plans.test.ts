import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LoaderPlan } from '../../../../bench/load/plan.ts'
import type { PlanTarget } from '../../../../bench/measure/plans.ts'
import { backgroundPlan, clientsOf, plansFor } from '../../../../bench/measure/plans.ts'
import { load, storm } from '../../../../bench/scenarios/scenario.ts'
import type { Scenario } from '../../../../bench/scenarios/scenario.ts'
import { fullSize } from '../../../../bench/scenarios/size.ts'

const SIZE = fullSize(20_000)
const pairs = load({
  name: 'p',
  title: 'p',
  publishers: 50,
  subscribers: 50,
  layout: 'pairs',
  qos: 1,
  pace: { ratePerSecond: 300 },
  idleFilters: 2_500,
})

function targetFor(scenario: Scenario): PlanTarget {
  const tokens = Array.from({ length: clientsOf(scenario) }, (_, index) => `token-${index}`)
  return {
    addresses: [{ host: '127.0.0.1', port: 1, transport: 'tcp' }],
    redisPort: undefined,
    brokerPids: [1],
    tokens,
    run: 7,
  }
}

function sum(plans: readonly LoaderPlan[], of: (plan: LoaderPlan) => number): number {
  return plans.reduce((total, plan) => total + of(plan), 0)
}

describe('plansFor', () => {
  it('cuts pairs over processes without losing any, and shares the rate', () => {
    const plans = plansFor(pairs, SIZE, targetFor(pairs), 3)
    assert.equal(plans.length, 3)
    assert.equal(
      sum(plans, plan => (plan.kind === 'load' ? plan.publishers : 0)),
      50,
    )
    assert.equal(
      sum(plans, plan => (plan.kind === 'load' ? plan.idleFilters : 0)),
      2_500,
    )
    const rate = (plan: LoaderPlan): number =>
      plan.kind === 'load' && 'ratePerSecond' in plan.pace ? plan.pace.ratePerSecond : 0
    assert.equal(Math.round(sum(plans, rate)), 300)
    assert.equal(new Set(plans.map(plan => plan.prefix)).size, 3)
  })

  it('gives no token to two clients', () => {
    const plans = plansFor(pairs, SIZE, targetFor(pairs), 3)
    const given = plans.flatMap(plan => {
      const own = plan.kind === 'load' ? plan.publishers + plan.subscribers + Math.ceil(plan.idleFilters / 1_000) : 0
      return plan.tokens.slice(0, own)
    })
    assert.equal(new Set(given).size, given.length)
    assert.equal(given.length, clientsOf(pairs))
  })

  it('leaves in one process what must be counted together', () => {
    const fanOut = load({
      name: 'f',
      title: 'f',
      publishers: 1,
      subscribers: 500,
      layout: 'fan-out',
      qos: 0,
      pace: { window: 1 },
    })
    assert.equal(plansFor(fanOut, SIZE, targetFor(fanOut), 4).length, 1)
  })

  it('shares a crowd and how many of it connect at a time', () => {
    const crowd = storm({ name: 's', title: 's', clients: 5_001, pace: { window: 100 }, warmUpClients: 11 })
    const plans = plansFor(crowd, SIZE, targetFor(crowd), 2)
    assert.equal(
      sum(plans, plan => (plan.kind === 'storm' ? plan.clients : 0)),
      5_001,
    )
    assert.equal(
      sum(plans, plan => (plan.kind === 'storm' ? plan.warmUpClients : 0)),
      11,
    )
    assert.equal(clientsOf(crowd), 5_012)
    assert.deepEqual(
      plans.map(plan => plan.kind === 'storm' && plan.pace),
      [{ window: 50 }, { window: 50 }],
    )
  })

  it('gives each client of a cliff the other token that is its own', () => {
    const cliff = storm({ name: 's', title: 's', clients: 5, pace: { window: 5 }, renewal: 'reconnect' })
    const nextTokens = Array.from({ length: 5 }, (_, index) => `next-${index}`)
    const plans = plansFor(cliff, SIZE, { ...targetFor(cliff), nextTokens }, 2)
    const first = plans.map(plan => plan.kind === 'cliff' && [plan.clients, plan.tokens[0], plan.nextTokens[0]])
    assert.deepEqual(first, [
      [2, 'token-0', 'next-0'],
      [3, 'token-2', 'next-2'],
    ])
  })
})

describe('backgroundPlan', () => {
  const scenario = storm({
    name: 's',
    title: 's',
    clients: 10,
    pace: { window: 1 },
    background: { pairs: 2, ratePerSecond: 5 },
  })

  it('has clients, topics and tokens of its own, and goes before the scenario', () => {
    const target = targetFor(scenario)
    const plan = backgroundPlan(scenario, target)
    assert.ok(plan !== undefined)
    assert.deepEqual(plan.tokens, ['token-10', 'token-11', 'token-12', 'token-13'])
    const [own] = plansFor(scenario, SIZE, target, 1)
    assert.notEqual(own?.prefix, plan.prefix)
    assert.deepEqual([own?.yields, plan.yields], [true, false])
  })

  it('is none where the scenario has none', () => {
    assert.equal(backgroundPlan(pairs, targetFor(pairs)), undefined)
  })
})
