import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Counters } from '../../../src/core/counters.ts'
import { renderPrometheus, sumCounters } from '../../../src/telemetry/metrics.ts'
import { keySetMetrics, workerMetrics } from '../../../src/telemetry/metrics-table.ts'

function countersWith(values: Partial<Counters>): Counters {
  return Object.assign(new Counters(), values)
}

describe('sumCounters', () => {
  it('adds up every field of all workers', () => {
    const one = new Counters()
    const fields = Object.keys(one)
    for (const [index, field] of fields.entries()) Object.assign(one, { [field]: index + 1 })
    const sum = new Map(Object.entries(sumCounters([one, one, new Counters()])))
    for (const [index, field] of fields.entries()) assert.equal(sum.get(field), 2 * (index + 1), field)
  })
})

describe('renderPrometheus', () => {
  it('writes each family once with help and type, and a line for each of its labels', () => {
    const text = renderPrometheus(workerMetrics, countersWith({ connectionsOpen: 3, droppedExpired: 7 }))
    assert.match(
      text,
      /# HELP guardbee_connections [^\n]+\n# TYPE guardbee_connections gauge\nguardbee_connections 3\n/,
    )
    assert.match(text, /\nguardbee_messages_dropped_total\{reason="queue_full"\} 0\n/)
    assert.match(text, /\nguardbee_messages_dropped_total\{reason="expired"\} 7\n/)
    assert.equal(text.split('# TYPE guardbee_messages_dropped_total counter\n').length, 2)
  })

  it('keeps to the text format: every line is a comment or a sample, and no sample comes twice', () => {
    const text =
      renderPrometheus(workerMetrics, new Counters()) + renderPrometheus(keySetMetrics, { fetches: 1, failures: 0 })
    assert.ok(text.endsWith('\n'))
    const lines = text.trimEnd().split('\n')
    for (const line of lines) assert.match(line, /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="[a-z_]+"\})? \d+)$/)
    assert.equal(new Set(lines).size, lines.length)
  })

  it('names counters with _total and gauges without', () => {
    for (const { family, kind } of [...Object.values(workerMetrics), ...Object.values(keySetMetrics)]) {
      assert.equal(family.endsWith('_total'), kind === 'counter', family)
    }
  })
})
