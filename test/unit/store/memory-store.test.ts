import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import { append, claim, message } from '../../contract/store-contract.ts'
import { FakeClock } from '../../support/fake-clock.ts'

describe('MemoryStore', () => {
  it('counts its sessions, queued and retained messages; of files it has none', async () => {
    const store = new MemoryStore(new FakeClock())
    await claim(store, { clientId: 'a' })
    await claim(store, { clientId: 'b' })
    for (const text of ['one', 'two', 'three']) await append(store, text, 'a')
    await store.queues.remove('a', 1, [2])
    await store.retained.put(message('retained'))
    assert.deepEqual(store.counts(), {
      sessions: 2,
      queuedMessages: 2,
      retainedMessages: 1,
      bytes: 0,
      neededBytes: 0,
      commits: 0,
      failures: 0,
      full: 0,
    })
  })
})
