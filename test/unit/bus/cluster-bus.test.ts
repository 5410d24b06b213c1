import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { ClusterBus } from '../../../src/bus/cluster-bus.ts'
import { deliver } from '../../support/bus-worker.ts'
import { type MemoryBus, MemoryNetwork } from '../../support/memory-bus.ts'

describe('ClusterBus', () => {
  let host: MemoryNetwork
  let remote: MemoryNetwork
  let bus: ClusterBus
  let sibling: MemoryBus
  let far: MemoryBus
  let heard: string[]
  let changes: string[]

  beforeEach(() => {
    host = new MemoryNetwork()
    remote = new MemoryNetwork()
    heard = []
    changes = []
    bus = new ClusterBus(host.join('here~1/1'), remote.join('here~1/1'))
    sibling = listening(host.join('here~1/2'))
    far = listening(remote.join('far~9/1'))
    bus.onFrame(from => heard.push(`self<${from}`))
    bus.onPeer((peer, up) => changes.push(`${up ? '+' : '-'}${peer}`))
    for (const network of [host, remote]) network.raise('here~1/1')
    host.raise('here~1/2')
    remote.raise('far~9/1')
  })

  function listening(end: MemoryBus): MemoryBus {
    end.onFrame(from => heard.push(`${end.self}<${from}`))
    return end
  }

  it('has the peers of both ways and reports those of both', () => {
    assert.deepEqual(bus.peers(), ['here~1/2', 'far~9/1'])
    assert.deepEqual(changes, ['+here~1/2', '+far~9/1'])
    remote.kill('far~9/1')
    assert.deepEqual(changes.at(-1), '-far~9/1')
  })

  it('sends each frame by the way to its worker, and hears both', () => {
    bus.send('far~9/1', deliver('a'))
    bus.send('here~1/2', deliver('b'))
    sibling.send('here~1/1', deliver('c'))
    far.send('here~1/1', deliver('d'))
    host.deliver()
    remote.deliver()
    assert.deepEqual(heard, ['here~1/2<here~1/1', 'self<here~1/2', 'far~9/1<here~1/1', 'self<far~9/1'])
  })

  it('broadcasts by both ways', () => {
    bus.broadcast(deliver('all'))
    host.deliver()
    remote.deliver()
    assert.deepEqual(heard, ['here~1/2<here~1/1', 'far~9/1<here~1/1'])
  })

  it('asks the way of a worker whether it is congested', () => {
    remote.congested.add('far~9/1')
    assert.deepEqual([bus.congested('far~9/1'), bus.congested('here~1/2')], [true, false])
  })

  for (const [what, to, waitsFor] of [
    ['of this host', ['here~1/2'], ['host']],
    ['of other nodes', ['far~9/1'], ['remote']],
    ['of both', ['here~1/2', 'far~9/1'], ['host', 'remote']],
  ] as const) {
    it(`waits for the way of the workers that are asked about: ${what}`, async () => {
      let taken = false
      const networks = { host, remote }
      const waiting = bus.taken(to).then(() => {
        taken = true
      })
      for (const way of waitsFor) {
        await new Promise(setImmediate)
        assert.equal(taken, false)
        networks[way].deliver()
      }
      await waiting
    })
  }
})
