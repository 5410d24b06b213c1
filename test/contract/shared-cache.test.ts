import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { SharedCache } from '../../src/ports/shared-cache.ts'
import { FakeSharedCache } from '../support/fake-shared-cache.ts'
import { RedisShares } from '../support/redis-shares.ts'
import { systemClock } from '../../src/telemetry/system-clock.ts'
import { waitFor } from '../support/wait-for.ts'

/** What every shared cache promises; `make` gives two that share. */
function sharedCacheSuite(make: () => Promise<readonly [SharedCache, SharedCache]>): void {
  let one: SharedCache
  let other: SharedCache

  beforeEach(async () => {
    ;[one, other] = await make()
  })

  it('gives to all what one has put under a name, the last of it, and nothing under another', async () => {
    assert.equal(await other.get('a'), undefined)
    await one.put('a', Buffer.from([0, 255]), 60_000)
    assert.deepEqual(await other.get('a'), Buffer.from([0, 255]))
    await other.put('a', Buffer.from('b'), 60_000)
    assert.deepEqual(await one.get('a'), Buffer.from('b'))
    assert.equal(await one.get('b'), undefined)
  })

  it('forgets a value at its end', async () => {
    await one.put('a', Buffer.from('b'), 20)
    await waitFor('its end', async () => (await other.get('a')) === undefined)
  })

  it('has a lock for each name, which one holder has and keeps until it frees it', async () => {
    assert.equal(await one.lock('a', 'one', 60_000), true)
    assert.equal(await other.lock('a', 'other', 60_000), false)
    assert.equal(await other.lock('b', 'other', 60_000), true)
    assert.equal(await one.lock('a', 'one', 60_000), true)
    await other.unlock('a', 'other')
    assert.equal(await other.lock('a', 'other', 60_000), false)
    await one.unlock('a', 'one')
    assert.equal(await other.lock('a', 'other', 60_000), true)
  })

  it('frees the lock of a holder that died', async () => {
    assert.equal(await one.lock('a', 'one', 50), true)
    await waitFor('the end of the lock', () => other.lock('a', 'other', 60_000))
    assert.equal(await one.lock('a', 'one', 50), false)
  })
}

describe('a shared cache in memory', () => {
  sharedCacheSuite(async () => {
    const cache = new FakeSharedCache(systemClock)
    return [cache, cache]
  })
})

describe('a shared cache in Redis', () => {
  let shares: RedisShares

  before(async () => {
    shares = await RedisShares.start()
  })
  after(() => shares.stop())

  sharedCacheSuite(async () => {
    await shares.server.command('FLUSHALL')
    return [(await shares.join()).cache, (await shares.join()).cache]
  })
})
