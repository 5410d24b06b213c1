import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { withLatestRun } from '../../../../bench/report/readme-section.ts'
import { renderMarkdown, renderText } from '../../../../bench/report/table.ts'
import { costTable, rateTable, remarks } from '../../../../bench/report/tables.ts'
import { terminalReport } from '../../../../bench/report/terminal-report.ts'
import { measurement, reportOf } from './sample-report.ts'

const report = reportOf([
  ...[0.5, 0.7, 0.6].map((cpuMicroseconds, repetition) => measurement({ cpuMicroseconds, repetition })),
  measurement({ broker: 'peer', cpuMicroseconds: 12, perSecond: 90_000, warnings: ['it was slow'] }),
  measurement({ broker: 'peer', cpuMicroseconds: 12, repetition: 1, lost: 4, reordered: 1, warnings: ['it was slow'] }),
  measurement({ scenario: 'idle', residentBytesPerClient: 6_144 }),
])

describe('costTable', () => {
  it('has the median of each broker and how many times the first one’s it is', () => {
    assert.deepEqual(costTable(report), {
      headings: ['scenario', 'aim', 'guardbee', 'peer'],
      rows: [
        ['some pairs', '0.70', '0.60', '12.0 (20×)'],
        ['some idlers', '', '6.0 KiB', '–'],
      ],
    })
  })

  it('leaves out a scenario that nobody ran', () => {
    assert.deepEqual(costTable(reportOf([measurement({ scenario: 'idle' })])).rows.length, 1)
  })
})

describe('rateTable', () => {
  it('has rate and latencies, and nothing of idle clients', () => {
    assert.deepEqual(rateTable(report).rows, [['some pairs', '1,000,000/s, 0.50 / 0.99', '545,000/s, 0.50 / 0.99']])
  })
})

describe('remarks', () => {
  it('sum what went astray over the repetitions and give each warning once', () => {
    assert.deepEqual(remarks(report), [
      'pairs, peer: 4 lost, 0 doubled, 1 reordered, 0 failed',
      'pairs, peer: it was slow',
    ])
  })

  it('name runs that failed and runs there was no time for, not those a broker cannot do', () => {
    const leftOut = ['no time left', 'no access tokens'].map(why => ({ scenario: 'idle', broker: 'peer', why }))
    const failures = [{ scenario: 'pairs', broker: 'peer', why: 'did not start' }]
    const lines = remarks({ ...report, result: { measurements: [], failures, leftOut } })
    assert.deepEqual(lines, ['pairs, peer: failed: did not start', 'idle, peer: left out: no time left'])
  })
})

describe('renderText', () => {
  it('keeps columns under their headings', () => {
    const text = renderText({
      headings: ['what', 'one'],
      rows: [
        ['longer text', '1'],
        ['short', '1,000'],
      ],
    })
    assert.equal(text, 'what           one\n-----------  -----\nlonger text      1\nshort        1,000')
  })
})

describe('renderMarkdown', () => {
  it('sets figures to the right', () => {
    assert.equal(renderMarkdown({ headings: ['a', 'b'], rows: [['x', '1']] }), '| a | b |\n| --- | ---: |\n| x | 1 |')
  })
})

describe('terminalReport', () => {
  it('names machine, versions and remarks', () => {
    const text = terminalReport(report)
    for (const part of ['Abacus', 'guardbee 1, peer 2', 'some pairs', 'it was slow'])
      assert.ok(text.includes(part), part)
  })
})

describe('withLatestRun', () => {
  const document = 'before\n<!-- latest run: begin -->\nold\n<!-- latest run: end -->\nafter\n'

  it('replaces what stands between the markers and nothing else, again and again', () => {
    const once = withLatestRun(document, report)
    assert.ok(once.startsWith('before\n<!-- latest run: begin -->\n'))
    assert.ok(once.endsWith('<!-- latest run: end -->\nafter\n'))
    assert.ok(once.includes('| some pairs | 0.70 | 0.60 | 12.0 (20×) |') && !once.includes('old'))
    assert.equal(withLatestRun(once, report), once)
  })

  it('refuses a document without them', () => {
    assert.throws(() => withLatestRun('nothing', report), /lacks/)
  })
})
