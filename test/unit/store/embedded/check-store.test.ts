import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkStore } from '../../../../src/store/embedded/check-store.ts'
import { append, claim, message, subscription } from '../../../contract/store-contract.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { FragileFolder } from '../../../support/fragile-folder.ts'
import { openFragile } from '../../../support/recovered-store.ts'

describe('checkStore', () => {
  it('counts what there is, and changes nothing', async () => {
    const folder = new FragileFolder()
    const store = await openFragile(folder, new FakeClock())
    const one = await claim(store, { clientId: 'one' })
    await claim(store, { clientId: 'two' })
    await store.subscriptions.put('one', one.epoch, [subscription('a'), subscription('b')])
    await append(store, 'both', 'one', 'two')
    await append(store, 'gone', 'one')
    await store.queues.remove('one', one.epoch, [2])
    await store.retained.put(message('r', { retain: true }))
    await store.close()
    const before = new Map(folder.names.map(name => [name, folder.bytesOf(name)]))
    const { bytes, ...counted } = await checkStore(folder)
    assert.deepEqual(counted, {
      segments: 1,
      sessions: 2,
      subscriptions: 2,
      queuedMessages: 2,
      retainedMessages: 1,
      tornBytes: 0,
    })
    assert.equal(bytes, folder.bytesOf('segment-000000000001.journal').length)
    assert.deepEqual(new Map(folder.names.map(name => [name, folder.bytesOf(name)])), before)
  })

  it('finds nothing in an empty folder', async () => {
    const report = await checkStore(new FragileFolder())
    assert.deepEqual([report.segments, report.sessions], [0, 0])
  })
})
