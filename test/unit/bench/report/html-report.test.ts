import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SaxesParser } from 'saxes'
import { htmlReport } from '../../../../bench/report/html-report.ts'
import { measurement, reportOf } from './sample-report.ts'

const page = htmlReport(
  reportOf([
    measurement({}),
    measurement({ repetition: 1, cpuMicroseconds: 0.8 }),
    measurement({ broker: 'peer', cpuMicroseconds: 12, warnings: ['a <b> & "c"'] }),
    measurement({ scenario: 'idle' }),
  ]),
)

describe('htmlReport', () => {
  it('needs neither scripts nor the network', () => {
    assert.doesNotMatch(page, /<script|<link|@import|url\(|https?:|src=/)
  })

  it('reads well in light and dark', () => {
    assert.match(page, /color-scheme: light dark/)
    assert.match(page, /prefers-color-scheme: dark/)
  })

  it('draws cost, rate and latency of each scenario, and no rate of idle clients', () => {
    const cards = page.split('<section').slice(1)
    assert.deepEqual(
      cards.map(card => [...card.matchAll(/<figcaption>([^<]*)/g)].map(([, caption]) => caption)),
      [
        ['CPU µs per message', 'Messages per second', 'Latency over percentiles'],
        ['Memory per client', 'Latency over percentiles'],
      ],
    )
  })

  it('is well-formed in every chart, with no figure that is none', () => {
    for (const [chart] of page.matchAll(/<svg[\s\S]*?<\/svg>/g)) {
      const parser = new SaxesParser()
      parser.on('error', error => {
        throw error
      })
      parser.write(chart).close()
      assert.doesNotMatch(chart, /NaN|Infinity|undefined/)
    }
  })

  it('shows text of others as text', () => {
    assert.ok(page.includes('a &lt;b&gt; &amp; &quot;c&quot;') && page.includes('Abacus &amp; &lt;Sons&gt;'))
  })
})
