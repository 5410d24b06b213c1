import assert from 'node:assert/strict'
import { after, afterEach, before, describe } from 'node:test'
import { describeBus } from './bus-suite.ts'
import { joinNodes, type RedisNode } from '../support/redis-bus-node.ts'
import { RedisServer } from '../support/redis-server.ts'

describe('RedisBus', () => {
  let redis: RedisServer
  let nodes: RedisNode[] = []

  before(async () => {
    redis = await RedisServer.start()
  })

  after(() => redis.stop())

  afterEach(async () => {
    await Promise.all(nodes.map(node => node.bus.close()))
    await redis.command('FLUSHALL')
  })

  describeBus(async count => {
    nodes = await joinNodes(count, { url: redis.url })
    const [first, second, ...others] = nodes
    assert(first !== undefined && second !== undefined)
    return [first, second, ...others]
  })
})
