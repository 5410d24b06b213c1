import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { comparisonTable } from '../../../../bench/report/comparison.ts'
import { measurement, reportOf } from './sample-report.ts'

const { scenarios } = reportOf([])

describe('comparisonTable', () => {
  it('compares runs that followed each other and shows how far the ratios spread', () => {
    const measurements = [
      [1, 0.5],
      [2, 2],
      [4, 3],
    ].flatMap(([base, change], repetition) => [
      measurement({ broker: 'base', repetition, cpuMicroseconds: base }),
      measurement({ broker: 'change', repetition, cpuMicroseconds: change }),
    ])
    const [row] = comparisonTable(scenarios, { measurements, failures: [], leftOut: [] }).rows
    assert.deepEqual(row, ['some pairs', '2.00', '2.00', '0.75 [0.50–1.00]', '1.00 [1.00–1.00]', '1.00 [1.00–1.00]'])
  })

  it('shows nothing where one side has no figure', () => {
    const measurements = [measurement({ broker: 'change' })]
    const [row] = comparisonTable(scenarios, { measurements, failures: [], leftOut: [] }).rows
    assert.deepEqual(row, ['some pairs', '–', '–', '–', '–', '–'])
  })
})
