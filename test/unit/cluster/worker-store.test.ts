import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openWorkerStore } from '../../../src/cluster/worker-store.ts'
import { readSettings } from '../../../src/config/settings.ts'
import type { Settings } from '../../../src/config/settings-type.ts'
import { EndOfTick } from '../../../src/core/end-of-tick.ts'
import { SlabPool } from '../../../src/protocol/slab-pool.ts'
import { systemClock } from '../../../src/telemetry/system-clock.ts'
import { systemRandom } from '../../../src/telemetry/system-random.ts'
import { freePort } from '../../support/free-port.ts'
import { RecordingLog } from '../../support/recording-log.ts'
import { RedisServer } from '../../support/redis-server.ts'
import { waitFor, within } from '../../support/wait-for.ts'

function settingsFor(redisUrl: string): Settings {
  const environment = { GUARDBEE_JWT_ISSUER: 'https://issuer.example/', GUARDBEE_REDIS_URL: redisUrl }
  const { settings } = readSettings(environment, { cores: 1 })
  assert(settings !== undefined)
  return settings
}

describe('the store of a worker', () => {
  it('in Redis is waited for, says why, and warns of a memory policy that throws keys away', async () => {
    const port = await freePort()
    const log = new RecordingLog()
    const whys: string[] = []
    const opening = openWorkerStore(
      { address: 'node/1', number: 1, storeSocket: undefined, settings: settingsFor(`redis://127.0.0.1:${port}`) },
      {
        clock: systemClock,
        random: systemRandom,
        log,
        endOfTick: new EndOfTick(task => void setImmediate(task)),
        slabs: new SlabPool(),
        onAway: why => void whys.push(why),
      },
    )
    await waitFor('the reason', () => whys.length > 0)
    assert.match(whys[0] ?? '', /ECONNREFUSED/)
    const server = await RedisServer.start(port, { 'maxmemory-policy': 'allkeys-lru' })
    const store = await within('the store', opening)
    assert.deepEqual(await store.sessions.takeDue('node/1', 0, 1), [])
    await waitFor('the warning', () => log.entries.some(({ level }) => level === 'warn'))
    await store.close()
    await server.stop()
    assert.deepEqual(log.errors, [])
  })
})
