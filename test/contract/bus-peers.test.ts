import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { LinkFrame } from '../../src/bus/frame-bodies.ts'
import { FRAME_VERSION } from '../../src/bus/frame-codec.ts'
import { BusHost } from '../support/bus-host.ts'
import { BusWorker, bytesOf, deliver, payloads, RawPeer } from '../support/bus-worker.ts'
import { everyKind } from '../support/frame-catalogue.ts'
import { waitFor, within } from '../support/wait-for.ts'

describe('HostBus', () => {
  let host: BusHost

  beforeEach(async () => {
    host = await BusHost.open()
  })

  afterEach(() => host.close())

  describe('peers that go and come', () => {
    it('reports a worker that closed as down exactly once, to all others', async () => {
      const [first, second, third] = await host.mesh(3)
      await first.bus.close()
      await second.reported('-node/1')
      await third?.reported('-node/1')
      second.bus.setPeers(['node/2', 'node/3'])
      await new Promise(setImmediate)
      assert.deepEqual(
        second.changes.filter(change => change.endsWith('node/1')),
        ['+node/1', '-node/1'],
      )
      assert.deepEqual(second.bus.peers(), ['node/3'])
      assert.deepEqual(
        first.changes.filter(change => change.startsWith('-')),
        [],
      )
    })

    it('delivers what a worker sent before it closed', async () => {
      const [first, second] = await host.mesh(2)
      for (let i = 0; i < 100; i++) first.bus.send('node/2', deliver(`${i} ${'x'.repeat(10_000)}`))
      await within('the close', first.bus.close())
      await second.reported('-node/1')
      assert.equal(second.frames.length, 100)
    })

    it('receives what a worker sent before it was taken off the list, and reports it down after that', async () => {
      const [worker, peer] = await host.workerAndRawPeer()
      peer.say(deliver('last words'))
      worker.bus.setPeers(['node/1'])
      await worker.reported('-node/9')
      assert.deepEqual(payloads(worker.frames), ['last words'])
      assert.deepEqual(worker.changes, ['+node/9', '-node/9'])
    })

    it('cuts the link of a worker that was taken off the list and does not end its half', async () => {
      const server = createServer({ allowHalfOpen: true }, socket => {
        const peer = new RawPeer(socket)
        host.raw.push(peer)
        peer.say({ kind: 'hello', address: 'node/1' })
      })
      host.servers.push(server)
      await new Promise<void>(resolve => server.listen(path.join(host.folder.path, '1.sock'), resolve))
      const worker = await host.worker(2)
      worker.bus.setPeers(['node/1'])
      await worker.reported('+node/1')
      worker.bus.setPeers([])
      await worker.reported('-node/1')
      assert.deepEqual(worker.changes, ['+node/1', '-node/1'])
    })

    it('dials a listed peer again whose link broke', async () => {
      const greeted: RawPeer[] = []
      const server = createServer(socket => {
        const peer = new RawPeer(socket)
        host.raw.push(peer)
        greeted.push(peer)
        peer.say({ kind: 'hello', address: 'node/1' })
      })
      host.servers.push(server)
      const worker = await host.worker(2)
      worker.bus.setPeers(['node/1'])
      // Nobody listens yet: the first attempts fail.
      worker.clock.advance(100)
      await new Promise<void>(resolve => server.listen(path.join(host.folder.path, '1.sock'), resolve))
      await worker.reported('+node/1')
      greeted.at(-1)?.socket.destroy()
      await worker.reported('-node/1')
      await worker.reported('+node/1', 2)
      worker.bus.send('node/1', deliver('again'))
      await waitFor('the frame', () => greeted.at(-1)?.frames.length === 2)
      assert.deepEqual(worker.changes, ['+node/1', '-node/1', '+node/1'])
    })

    it('takes a new link of a listed peer in place of the old one', async () => {
      const [worker] = await host.workerAndRawPeer()
      const again = host.dial(1)
      await again.greet('node/9')
      assert.deepEqual(worker.changes, ['+node/9', '-node/9', '+node/9'])
      again.say(deliver('by the new link'))
      await waitFor('the frame', () => worker.frames.length === 1)
    })

    it('turns away whoever is not listed, until it is', async () => {
      const first = await host.worker(1)
      const second = await host.worker(2)
      second.bus.setPeers(['node/1', 'node/2'])
      await waitFor('the first attempt to fail', () => second.log.entries.some(entry => entry.level === 'debug'))
      assert.deepEqual(first.changes, [])
      first.bus.setPeers(['node/1', 'node/2'])
      await second.reported('+node/1')
      await first.reported('+node/2')
      assert.deepEqual(second.changes, ['+node/1'])
    })

    it('turns away a peer that dials though it has the smaller number', async () => {
      const worker = await host.worker(5)
      worker.bus.setPeers(['node/1'])
      const peer = host.dial(5)
      peer.say({ kind: 'hello', address: 'node/1' })
      await waitFor('the link to be cut', () => peer.closed)
      assert.deepEqual(worker.changes, [])
    })

    it('cuts a link that does not say who it is within five seconds', async () => {
      const worker = await host.worker(1)
      const peer = host.dial(1)
      await waitFor('the link to be accepted', () => worker.clock.pendingTimers > 0)
      worker.clock.advance(4999)
      await new Promise(setImmediate)
      assert.equal(peer.closed, false)
      worker.clock.advance(1)
      await waitFor('the link to be cut', () => peer.closed)
    })
  })

  describe('bytes from a peer', () => {
    it('are understood one at a time', async () => {
      const [worker, peer] = await host.workerAndRawPeer()
      const bytes = bytesOf(...everyKind)
      for (const byte of bytes) {
        await new Promise<void>(resolve => peer.socket.write(Buffer.from([byte]), () => resolve()))
        await new Promise(setImmediate)
      }
      await waitFor('all frames', () => worker.frames.length === everyKind.length)
      assert.deepEqual(
        worker.frames.map(({ frame }) => frame),
        everyKind,
      )
    })

    const broken: readonly { readonly what: string; readonly bytes: Buffer; readonly says: RegExp }[] = [
      { what: 'an unknown version', bytes: Buffer.from([0, 0, 0, 2, 9, 1]), says: /unknown frame version 9/ },
      { what: 'an unknown kind', bytes: Buffer.from([0, 0, 0, 2, FRAME_VERSION, 99]), says: /unknown frame kind 99/ },
      { what: 'an empty frame', bytes: Buffer.from([0, 0, 0, 0]), says: /ends after its bytes/ },
      {
        what: 'a frame that ends early',
        bytes: Buffer.from([0, 0, 0, 3, FRAME_VERSION, 5, 1]),
        says: /longer than its bytes/,
      },
      {
        what: 'a frame with bytes left over',
        bytes: Buffer.from([0, 0, 0, 4, FRAME_VERSION, 3, 1, 1]),
        says: /1 bytes are left over/,
      },
      {
        what: 'an unknown session state',
        bytes: Buffer.from([0, 0, 0, 8, FRAME_VERSION, 4, 1, 0, 1, 4, 0, 0]),
        says: /unknown session state 4/,
      },
      {
        what: 'a frame longer than allowed',
        bytes: Buffer.from([0xff, 0xff, 0xff, 0xff]),
        says: /4294967295 bytes is longer/,
      },
    ]
    for (const { what, bytes, says } of broken) {
      it(`with ${what} break the link with an error that says so`, async () => {
        const [worker, peer] = await host.workerAndRawPeer()
        peer.socket.write(Buffer.concat([bytesOf(deliver('before')), bytes, bytesOf(deliver('after'))]))
        await worker.reported('-node/9')
        assert.deepEqual(payloads(worker.frames), ['before'])
        assert.match(worker.log.errors.join('\n'), says)
        await waitFor('the link to be cut', () => peer.closed)
      })
    }

    it('before the hello are read up to a kibibyte only, and no frame is taken from them', async () => {
      const worker = await host.worker(1)
      worker.bus.setPeers(['node/9'])
      const early: readonly LinkFrame[] = [deliver('early'), deliver(Buffer.alloc(2000))]
      for (const frame of early) {
        const peer = host.dial(1)
        peer.say(frame)
        await waitFor('the link to be cut', () => peer.closed)
      }
      assert.equal(worker.frames.length, 0)
      assert.deepEqual(worker.changes, [])
    })
  })

  describe('at its bounds', () => {
    it('cuts the link to a peer that does not read once more than the bound waits, and reports it down', async () => {
      const [worker, peer] = await host.workerAndRawPeer(1_000_000)
      peer.socket.pause()
      for (let i = 0; i < 100; i++) worker.bus.send('node/9', deliver(Buffer.alloc(50_000)))
      await worker.reported('-node/9')
      assert.match(worker.log.errors.join('\n'), /more than 1000000 bytes wait/)
      assert.deepEqual(worker.bus.peers(), [])
    })

    it('lets one frame pass that is longer than the bound', async () => {
      const [worker, peer] = await host.workerAndRawPeer(1000)
      worker.bus.send('node/9', deliver(Buffer.alloc(3_000_000)))
      await waitFor('the frame', () => peer.frames.length === 2)
      assert.deepEqual(worker.changes, ['+node/9'])
    })

    it('refuses a frame that no peer would accept, and goes on', async () => {
      const [first, second] = await host.mesh(2)
      const frame = deliver(Buffer.allocUnsafe(300_000_000))
      assert.throws(() => first.bus.send('node/2', frame), { code: 'BUS_PROTOCOL' })
      first.bus.send('node/2', deliver('small'))
      await waitFor('the frame', () => second.frames.length === 1)
    })

    it('refuses a folder whose path a Unix socket has no room for', async () => {
      await assert.rejects(BusWorker.open(path.join(host.folder.path, 'x'.repeat(100)), 1), { code: 'LISTENER' })
    })

    it('says where it could not listen', async () => {
      await assert.rejects(BusWorker.open(path.join(host.folder.path, 'missing'), 1), {
        code: 'LISTENER',
        message: /missing\/1\.sock/,
      })
    })
  })
})
