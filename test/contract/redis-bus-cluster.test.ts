import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { deliver, payloads } from '../support/bus-worker.ts'
import { joinNodes } from '../support/redis-bus-node.ts'
import { RedisCluster } from '../support/redis-cluster.ts'
import { within } from '../support/wait-for.ts'

describe('RedisBus on a Redis Cluster', () => {
  let redis: RedisCluster

  before(async () => {
    redis = await RedisCluster.start()
  })

  after(() => redis.stop())

  it('spreads the channels over its servers, and loses and doubles nothing when they cut every connection', async () => {
    const nodes = await joinNodes(5, { url: redis.url })
    const [first, ...others] = nodes
    assert(first !== undefined)
    const sent: string[] = []
    for (let i = 0; i < 2000; i++) {
      sent.push(String(i))
      for (const { bus } of others) first.bus.send(bus.self, deliver(String(i)))
      if (i % 20 === 0) await new Promise(setImmediate)
      if (i !== 1000) continue
      for (const kind of ['normal', 'pubsub'])
        for (const server of redis.servers) await server.command('CLIENT', 'KILL', 'TYPE', kind)
    }
    await within('the acknowledgements', first.bus.taken(first.bus.peers()))
    for (const { frames } of others) assert.deepEqual(payloads(frames), sent)
    assert.deepEqual([...first.changes].sort(), ['+node-2/1', '+node-3/1', '+node-4/1', '+node-5/1'])
    const published = await Promise.all(
      redis.servers.map(server =>
        server.command('INFO', 'commandstats').then(stats => /_spublish:/.test(String(stats))),
      ),
    )
    assert(published.filter(Boolean).length > 1)
    await Promise.all(nodes.map(node => node.bus.close()))
  })
})
