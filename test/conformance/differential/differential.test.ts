import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { SeededRandom } from '../../fuzz/seeded-random.ts'
import { Teardown } from '../../support/teardown.ts'
import { waitFor } from '../../support/wait-for.ts'
import { startOpenGuardbee } from '../brokers/guardbee.ts'
import { startMosquitto } from '../brokers/mosquitto.ts'
import type { StartedBroker } from '../brokers/started-broker.ts'
import { ScriptPlayer } from './script-player.ts'
import { makeScript, TOPICS } from './session-script.ts'

/** `npm run test:differential` plays many more. */
const SCRIPTS = Number(process.env['DIFFERENTIAL_SCRIPTS'] ?? 24)
const STEPS = 40
const SCRIPTS_AT_ONCE = 4
/** Mosquitto has one thread, so its transcript is whole when its clients were answered; guardbee's workers need a moment. */
const STEP_MS_MAX = 3_000

// A new seed for each run; a failure names the one of its script, which the variable plays again.
const seed = Number(process.env['DIFFERENTIAL_SEED'] ?? Math.floor(Math.random() * 0x1_0000_0000))

/**
 * The same random session scripts against guardbee and Mosquitto. What is known to differ is left out of the scripts or not
 * compared; guardbee does what the standard says, or what it leaves open:
 * - how many copies of a message overlapping subscriptions bring; Mosquitto 2.0 sends one each, and where it sends one in
 *   all not always that of the highest QoS, so the filters of a client do not overlap;
 * - the will of a connection that is taken over, which Mosquitto 2.0 does not publish;
 * - a subscription that replaces another keeps its No Local and Retain As Published in Mosquitto 2.0;
 * - the order between messages of different publishers, and Reason Codes of PUBACK and PUBREC that only inform.
 */
describe(`guardbee beside Mosquitto, seed ${seed}`, { concurrency: SCRIPTS_AT_ONCE }, () => {
  const teardown = new Teardown()
  let guardbee: StartedBroker
  let mosquitto: StartedBroker

  before(async () => {
    const started = await startMosquitto()
    assert.ok(started !== undefined, 'mosquitto is missing: run node scripts/ensure-system-packages.ts')
    mosquitto = teardown.add(started, broker => broker.stop())
    guardbee = teardown.add(await startOpenGuardbee(), broker => broker.stop())
  })

  after(() => teardown.run())

  for (let number = 0; number < SCRIPTS; number++) {
    it(`tells the clients of script ${number} the same`, async () => {
      const script = makeScript(new SeededRandom(seed + number), STEPS)
      const theirs = new ScriptPlayer(mosquitto.target, script, `d${number}`)
      const ours = new ScriptPlayer(guardbee.target, script, `d${number}`)
      try {
        for (const [index, step] of script.steps.entries()) {
          await Promise.all([theirs.play(step), ours.play(step)])
          const same = (): boolean => ours.transcript().join('\n') === theirs.transcript().join('\n')
          await waitFor('the same transcript', same, STEP_MS_MAX).catch(() => {})
          const played = script.steps.slice(0, index + 1).map(each => JSON.stringify(each))
          const context = `seed ${seed + number}, versions ${script.versions.join()}:\n${played.join('\n')}`
          assert.deepEqual(ours.transcript(), theirs.transcript(), context)
        }
      } finally {
        await Promise.all([theirs.close(TOPICS), ours.close(TOPICS)])
      }
    })
  }
})
