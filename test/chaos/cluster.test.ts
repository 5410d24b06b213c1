import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FakeRandom } from '../support/fake-clock.ts'
import { drawFaults, ROLLING_RESTART } from './cluster-faults.ts'
import { runClusterChaos } from './cluster-run.ts'

/** Faults of the run: a few beside all the other tests, many in `npm run test:chaos`, where a cut is longer too. */
const given = process.env['CHAOS_FAULTS']
const short = given === undefined
const cutOffMs = short ? 7_000 : 30_000
const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

describe('a cluster of three nodes', { timeout: short ? 170_000 : 890_000 }, () => {
  it('loses nothing that was acknowledged, doubles no QoS 2, and counts right, whatever is killed or cut', async t => {
    t.diagnostic(`CHAOS_SEED=${seed}`)
    const faults = drawFaults(Number(given ?? 5), new FakeRandom(seed), short ? [ROLLING_RESTART] : [])
    const books = await runClusterChaos({ seed, faults, cutOffMs, tell: line => t.diagnostic(line) })
    const { acknowledged, delivered, liveConnections } = books
    t.diagnostic(`${acknowledged} acknowledged, ${delivered} delivered, ${liveConnections} live connections`)
    // In one, so that what is wrong is told by its name.
    const { lost, lostLive, doubled, doubledLive, outOfOrder } = books
    assert.deepEqual(firstOf({ lost, lostLive, doubled, doubledLive, outOfOrder }), {})
    assert.equal(books.sessionsLost, 0)
    assert.deepEqual(books.counted, books.expected)
    assert(acknowledged > 100, 'there was load')
  })
})

/** The first of each of these lists that has any. */
function firstOf(lists: Readonly<Record<string, readonly string[]>>): Readonly<Record<string, readonly string[]>> {
  const filled = Object.entries(lists).filter(([, list]) => list.length > 0)
  return Object.fromEntries(filled.map(([name, list]) => [name, list.slice(0, 10)]))
}
