import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runChaos } from './chaos-run.ts'

/** Kills of each run: a few beside all the other tests, many in `npm run test:chaos`. */
const kills = Number(process.env['CHAOS_KILLS'] ?? 3)
const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

describe('nothing that was acknowledged is lost, and QoS 2 is not doubled', () => {
  for (const durability of ['fsync', 'os'] as const) {
    it(`when workers and the whole host are killed, with ${durability}`, async t => {
      t.diagnostic(`CHAOS_SEED=${seed}`)
      const books = await runChaos({ seed, kills, durability, betweenMs: 1500 })
      const { acknowledged, delivered, workerKills, hostKills } = books
      t.diagnostic(`${acknowledged} acknowledged, ${delivered} delivered, ${workerKills}+${hostKills} kills`)
      assert.deepEqual(books.lost.slice(0, 10), [])
      assert.deepEqual(books.doubled.slice(0, 10), [])
      assert.deepEqual(books.outOfOrder.slice(0, 10), [])
      assert.equal(books.sessionsLost, 0)
      assert(acknowledged > 100, 'there was load')
    })
  }
})
