import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { BusHost } from '../support/bus-host.ts'
import { deliver, payloads } from '../support/bus-worker.ts'
import { everyKind } from '../support/frame-catalogue.ts'
import { waitFor, within } from '../support/wait-for.ts'

describe('HostBus', () => {
  let host: BusHost

  beforeEach(async () => {
    host = await BusHost.open()
  })

  afterEach(() => host.close())

  it('brings every kind of frame to the peer as it was sent, between every two workers', async () => {
    const workers = await host.mesh(3)
    for (const worker of workers) {
      for (const to of worker.bus.peers()) for (const frame of everyKind) worker.bus.send(to, frame)
    }
    for (const worker of workers) {
      await waitFor('all frames', () => worker.frames.length === 2 * everyKind.length)
      for (const from of worker.bus.peers()) {
        const frames = worker.frames.filter(received => received.from === from).map(received => received.frame)
        assert.deepEqual(frames, everyKind)
      }
    }
  })

  it('knows itself and its peers, and reports each once as up', async () => {
    const [first, second, third] = await host.mesh(3)
    assert.equal(first.bus.self, 'node/1')
    assert.deepEqual([...first.bus.peers()].sort(), ['node/2', 'node/3'])
    assert.deepEqual([...second.changes].sort(), ['+node/1', '+node/3'])
    assert.deepEqual([...(third?.changes ?? [])].sort(), ['+node/1', '+node/2'])
  })

  it('broadcasts a frame to every peer and not to itself', async () => {
    const [first, second, third] = await host.mesh(3)
    first.bus.broadcast(deliver('to all'))
    await waitFor('both peers', () => second.frames.length === 1 && third?.frames.length === 1)
    assert.deepEqual(payloads(second.frames), ['to all'])
    assert.equal(first.frames.length, 0)
  })

  it('keeps the order of frames of all sizes over many ticks', async () => {
    const [first, second] = await host.mesh(2)
    const sent: string[] = []
    for (let tick = 0; tick < 50; tick++) {
      for (let i = 0; i < 40; i++) {
        const text = `${tick}-${i}-${'x'.repeat((i * 977) % 40_000)}`
        sent.push(text)
        first.bus.send('node/2', deliver(text))
      }
      await new Promise(setImmediate)
    }
    await waitFor('all frames', () => second.frames.length === sent.length)
    assert.deepEqual(payloads(second.frames), sent)
  })

  it('loses nothing when far more is sent in one tick than the socket takes', async () => {
    const [first, second] = await host.mesh(2)
    const payload = Buffer.alloc(100_000, 7)
    for (let i = 0; i < 400; i++) first.bus.send('node/2', deliver(payload))
    await within('the bytes to be taken', first.bus.taken())
    await waitFor('all frames', () => second.frames.length === 400)
    assert.deepEqual(first.changes, ['+node/2'])
  })

  it('is done with a frame when the call returns, so that the sender may use it and its bytes again', async () => {
    const [first, second] = await host.mesh(2)
    const frame = deliver('one')
    for (const text of ['one', 'two', 'six']) {
      frame.message.payload.write(text)
      first.bus.send('node/2', frame)
    }
    await waitFor('all frames', () => second.frames.length === 3)
    assert.deepEqual(payloads(second.frames), ['one', 'two', 'six'])
  })

  it('ignores a frame for a peer that is not up', async () => {
    const [first, second] = await host.mesh(2)
    first.bus.send('node/77', deliver('nobody'))
    first.bus.send('node/2', deliver('somebody'))
    await waitFor('the frame', () => second.frames.length === 1)
    assert.deepEqual(payloads(second.frames), ['somebody'])
  })

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
