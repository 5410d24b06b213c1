import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { allCases } from './all-cases.ts'
import { startEveryListener, STORES } from './brokers/guardbee-listeners.ts'
import type { ListenerKind, ListeningGuardbee, StoreKind } from './brokers/guardbee-listeners.ts'
import { runCase, titleOf } from './conformance-case.ts'
import { runForGuardbee } from './run-for-guardbee.ts'
import { cases31 } from './v31-cases.ts'

const AT_ONCE = 24
/** A short form: `conformance.test.ts` has all cases over TCP on the embedded store, `npm run conformance` has them on every
 * listener and every store. */
const ASKED: Readonly<Record<StoreKind, readonly ListenerKind[]>> = {
  memory: ['WebSocket'],
  embedded: ['TLS', 'WebSocket over TLS'],
  redis: ['TCP'],
}

/** The first case of each statement of MQTT 5. */
const cases5 = allCases.filter(({ version, statement }, index) => {
  if (version !== 5) return false
  return allCases.findIndex(other => other.version === 5 && other.statement === statement) === index
})

for (const store of STORES) {
  describe(`conformance on the ${store} store`, { concurrency: AT_ONCE, timeout: 120_000 }, () => {
    let guardbee: ListeningGuardbee | undefined

    before(async () => {
      guardbee = await startEveryListener(store)
    })

    after(() => guardbee?.stop())

    for (const listener of ASKED[store]) {
      for (const conformanceCase of cases5) {
        it(`${listener}: ${titleOf(conformanceCase)}`, async () => {
          assert.ok(guardbee !== undefined)
          await runForGuardbee(guardbee.targets[listener], conformanceCase)
        })
      }
      for (const case31 of cases31) {
        it(`${listener}: v3.1 ${case31.name}`, async () => {
          assert.ok(guardbee !== undefined)
          await runCase(guardbee.targets[listener], case31)
        })
      }
    }
  })
}
