import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { allScenarios } from '../../../../bench/scenarios/all-scenarios.ts'
import { idle, storm } from '../../../../bench/scenarios/scenario.ts'
import { fullSize, quickSize, sized, TINY } from '../../../../bench/scenarios/size.ts'

describe('sized', () => {
  it('leaves every scenario as it is where a process may open enough files', () => {
    for (const scenario of allScenarios) assert.deepEqual(sized(scenario, fullSize(20_000)), scenario)
  })

  it('cuts clients to what may be opened and says so in the title', () => {
    const cut = sized(idle({ name: 'i', title: '10,000 idle', clients: 10_000 }), fullSize(4_096))
    assert.ok(cut.kind === 'idle')
    assert.deepEqual([cut.clients, cut.title], [3_096, '10,000 idle (cut to 3,096)'])
  })

  it('is no larger when quick', () => {
    const cut = sized(storm({ name: 's', title: 's', clients: 5_000, pace: { window: 1 } }), quickSize(1_500))
    assert.ok(cut.kind === 'storm')
    assert.equal(cut.clients, 500)
  })

  it('keeps the ends of pairs equal when tiny', () => {
    for (const scenario of allScenarios.map(row => sized(row, TINY))) {
      if (scenario.kind === 'load' && scenario.layout === 'pairs')
        assert.equal(scenario.publishers, scenario.subscribers)
    }
  })
})
