import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { append, claim, staleEpoch, takeDue } from '../../../contract/store-contract.ts'
import { RedisServer } from '../../../support/redis-server.ts'
import { RedisStores } from '../../../support/redis-stores.ts'
import { waitFor } from '../../../support/wait-for.ts'

describe('a Redis that goes back behind what it has answered', () => {
  let stores: RedisStores
  let replica: RedisServer

  before(async () => {
    stores = await RedisStores.start({ 'repl-diskless-sync-delay': 0 })
    replica = await RedisServer.start(undefined, { appendonly: 'no' })
  })

  after(async () => {
    await replica.stop()
    await stores.stop()
  })

  afterEach(() => stores.clear())

  /** The replica has all that there is now, and nothing that follows. */
  async function follow(): Promise<void> {
    await replica.command('REPLICAOF', '127.0.0.1', String(stores.server.port))
    await waitFor('the replica to have everything', async () => {
      const [ours, theirs] = await Promise.all([
        stores.admin.info('replication'),
        replica.command('INFO', 'replication'),
      ])
      if (!String(theirs).includes('master_link_status:up')) return false
      return offsetIn(ours, 'master_repl_offset') === offsetIn(String(theirs), 'slave_repl_offset')
    })
    await replica.command('REPLICAOF', 'NO', 'ONE')
  }

  it('never gives a position to another message, whoever appends first, and keeps the order', async () => {
    const master = await stores.open()
    const { epoch } = await claim(master)
    await append(master, 'kept', 'c')
    await follow()
    await append(master, 'lost', 'c')
    const lost = (await master.queues.read('c', 0, 10)).at(-1)?.position ?? 0
    const promoted = await stores.open({ port: replica.port })
    const other = await stores.open({ port: replica.port })
    await append(other, 'first', 'c')
    await append(promoted, 'second', 'c')
    const fresh = await promoted.queues.read('c', lost, 10)
    assert.deepEqual(
      fresh.map(entry => entry.message.payload.toString()),
      ['first', 'second'],
    )
    assert.equal(fresh[1]?.position, (fresh[0]?.position ?? 0) + 1)
    // An acknowledgement of the message that is lost.
    await promoted.queues.remove('c', epoch, [lost])
    const left = await promoted.queues.read('c', 0, 10)
    assert.deepEqual(
      left.map(entry => entry.message.payload.toString()),
      ['kept', 'first', 'second'],
    )
  })

  it('never gives an epoch to another claim', async () => {
    const master = await stores.open()
    await claim(master)
    await follow()
    const lost = await claim(master)
    const promoted = await stores.open({ port: replica.port })
    const again = await claim(promoted)
    assert(again.epoch > lost.epoch)
    await assert.rejects(promoted.sessions.end('c', lost.epoch), staleEpoch)
  })

  it('is told of once by each store that is open', async () => {
    const open = [await stores.open(), await stores.open()]
    const told = [0, 0]
    for (const [index, store] of open.entries())
      store.onSetBack(() => void told.splice(index, 1, (told[index] ?? 0) + 1))
    for (const store of open) await takeDue(store, 0, 1)
    assert.deepEqual(told, [0, 0])
    await stores.server.kill()
    await stores.server.restart()
    for (const store of [...open, ...open]) await takeDue(store, 0, 1)
    assert.deepEqual(told, [1, 1])
  })

  it('is not taken for one where there was nothing yet: positions count from 1', async () => {
    const store = await stores.open()
    await claim(store)
    await append(store, 'm', 'c')
    assert.deepEqual(
      (await store.queues.read('c', 0, 1)).map(({ position }) => position),
      [1],
    )
  })
})

function offsetIn(replication: string, field: string): number {
  return Number(new RegExp(`${field}:(\\d+)`).exec(replication)?.[1] ?? -1)
}
