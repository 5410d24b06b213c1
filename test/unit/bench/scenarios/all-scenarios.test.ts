import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { STAMP_BYTES } from '../../../../bench/load/stamp.ts'
import { allScenarios, scenariosNamed } from '../../../../bench/scenarios/all-scenarios.ts'

describe('the table of scenarios', () => {
  it('has one row for each name and title', () => {
    assert.equal(new Set(allScenarios.map(({ name }) => name)).size, allScenarios.length)
    assert.equal(new Set(allScenarios.map(({ title }) => title)).size, allScenarios.length)
  })

  it('has room for the stamp in every payload, and as many subscribers as publishers in pairs', () => {
    for (const scenario of allScenarios) {
      if (scenario.kind !== 'load') continue
      assert.ok(scenario.payloadBytes >= STAMP_BYTES, scenario.name)
      if (scenario.layout === 'pairs') assert.equal(scenario.publishers, scenario.subscribers, scenario.name)
    }
  })
})

describe('scenariosNamed', () => {
  it('finds a scenario by its name and several by how they begin', () => {
    assert.deepEqual(
      scenariosNamed(['pairs-qos1-w1']).map(({ name }) => name),
      ['pairs-qos1-w1'],
    )
    assert.ok(scenariosNamed(['storm-']).length > 3)
  })

  it('refuses a name that begins none', () => {
    assert.throws(() => scenariosNamed(['storm-', 'quantum']), /no scenario "quantum"/)
  })
})
