import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { BusHost } from '../support/bus-host.ts'
import { deliver } from '../support/bus-worker.ts'
import { describeBus } from './bus-suite.ts'
import { waitFor, within } from '../support/wait-for.ts'

describe('HostBus', () => {
  let host: BusHost

  beforeEach(async () => {
    host = await BusHost.open()
  })

  afterEach(() => host.close())

  describeBus(count => host.mesh(count))

  describe('taken', () => {
    it('is resolved already when nothing waits: the same promise each time', async () => {
      const [first] = await host.mesh(2)
      await within('the hello to leave', first.bus.taken())
      await waitFor('nothing to wait', () => first.bus.taken() === first.bus.taken())
      await first.bus.taken()
    })

    it('is one promise for all that is sent in a tick', async () => {
      const [first] = await host.mesh(2)
      first.bus.send('node/2', deliver('one'))
      const taken = first.bus.taken()
      first.bus.send('node/2', deliver('two'))
      assert.equal(first.bus.taken(), taken)
      await within('the frames to be taken', taken)
    })

    it('waits for a peer that does not read', async () => {
      const [worker, peer] = await host.workerAndRawPeer()
      peer.socket.pause()
      let taken = false
      worker.bus.send('node/9', deliver(Buffer.alloc(4_000_000)))
      const promise = worker.bus.taken().then(() => {
        taken = true
      })
      for (let tick = 0; tick < 20; tick++) await new Promise(setImmediate)
      assert.equal(taken, false)
      peer.socket.resume()
      await within('the frame to be taken', promise)
    })

    it('waits on in later ticks for what an earlier tick could not hand over', async () => {
      const [worker, peer] = await host.workerAndRawPeer()
      peer.socket.pause()
      worker.bus.send('node/9', deliver(Buffer.alloc(4_000_000)))
      for (let tick = 0; tick < 5; tick++) await new Promise(setImmediate)
      let taken = false
      const promise = worker.bus.taken().then(() => {
        taken = true
      })
      for (let tick = 0; tick < 5; tick++) await new Promise(setImmediate)
      assert.equal(taken, false)
      peer.socket.resume()
      await within('the frame to be taken', promise)
    })

    it('resolves when the peer it waits for goes down', async () => {
      const [worker, peer] = await host.workerAndRawPeer()
      peer.socket.pause()
      worker.bus.send('node/9', deliver(Buffer.alloc(4_000_000)))
      const taken = worker.bus.taken()
      await new Promise(setImmediate)
      peer.socket.destroy()
      await within('the peer to be given up', taken)
      await worker.reported('-node/9')
    })
  })
})
