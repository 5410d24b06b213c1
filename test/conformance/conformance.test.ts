import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { allCases, allStatements } from './all-cases.ts'
import { startOpenGuardbee } from './brokers/guardbee.ts'
import type { OpenGuardbee } from './brokers/guardbee.ts'
import { runCase, titleOf } from './conformance-case.ts'
import { decisions } from './decisions.ts'
import { MOSQUITTO_FAULTS } from './mosquitto-faults.ts'
import { NO_OCCASION, runForGuardbee } from './run-for-guardbee.ts'
import { cases31 } from './v31-cases.ts'

const AT_ONCE = 16

describe('the list of statements', () => {
  it('has each statement once', () => {
    const keys = allStatements.map(({ version, id }) => `${version} ${id}`)
    assert.deepEqual(
      keys.filter((key, index) => keys.indexOf(key) !== index),
      [],
    )
  })

  it('has a case for each statement that binds a server, and none for the others', () => {
    const covered = new Set(allCases.map(({ version, statement }) => `${version} ${statement}`))
    const bound = allStatements.filter(({ exemptBecause }) => exemptBecause === undefined)
    assert.deepEqual([...covered].toSorted(), bound.map(({ version, id }) => `${version} ${id}`).toSorted())
  })

  it('has cases with names of their own', () => {
    const titles = allCases.map(titleOf)
    assert.equal(new Set(titles).size, titles.length)
    for (const title of [...Object.keys(NO_OCCASION), ...Object.keys(MOSQUITTO_FAULTS)]) {
      assert.ok(titles.includes(title), title)
    }
  })
})

describe('conformance of guardbee', { concurrency: AT_ONCE, timeout: 90_000 }, () => {
  let broker: OpenGuardbee | undefined

  before(async () => {
    broker = await startOpenGuardbee()
  })

  after(() => broker?.stop())

  for (const conformanceCase of allCases) {
    it(titleOf(conformanceCase), async () => {
      assert.ok(broker !== undefined)
      await runForGuardbee(broker.target, conformanceCase)
    })
  }

  for (const conformanceCase of cases31) {
    it(`v3.1 ${conformanceCase.name}`, async () => {
      assert.ok(broker !== undefined)
      await runCase(broker.target, conformanceCase)
    })
  }

  for (const { version, name, flow } of decisions) {
    it(`decision: ${name}`, async () => {
      assert.ok(broker !== undefined)
      await runCase(broker.target, { version, flow })
    })
  }
})
