import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { BATCH_VERSION, BatchKind, BatchStamp } from '../../src/bus/redis/batch.ts'
import { FRAME_VERSION } from '../../src/bus/frame-codec.ts'
import { BreakableProxy } from '../support/breakable-proxy.ts'
import { deliver, messageWith, payloads } from '../support/bus-worker.ts'
import { joinNodes, RedisNode, type RedisNodeOptions } from '../support/redis-bus-node.ts'
import { RedisServer } from '../support/redis-server.ts'
import { waitFor, within } from '../support/wait-for.ts'

describe('RedisBus, when something breaks', () => {
  let redis: RedisServer
  const nodes: RedisNode[] = []

  beforeEach(async () => {
    redis = await RedisServer.start()
  })

  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(node => node.bus.close()))
    await redis.stop()
  })

  async function pair(options: Partial<RedisNodeOptions> = {}): Promise<[RedisNode, RedisNode]> {
    const made = await joinNodes(2, { url: redis.url, ...options })
    nodes.push(...made)
    const [first, second] = made
    assert(first !== undefined && second !== undefined)
    return [first, second]
  }

  async function joined(options: Partial<RedisNodeOptions> & { readonly self: string }): Promise<RedisNode> {
    const made = new RedisNode({ url: redis.url, ...options })
    nodes.push(made)
    return await made.join()
  }

  /** Sends numbered frames, some in each turn of the loop, and does something in the middle. */
  async function flow(from: RedisNode, to: RedisNode, count: number, middle: () => Promise<void>): Promise<string[]> {
    const sent: string[] = []
    let broken: Promise<void> | undefined
    for (let i = 0; i < count; i++) {
      sent.push(String(i))
      from.bus.send(to.bus.self, deliver(String(i)))
      if (i === count / 2) broken = middle()
      if (i % 20 === 0) await new Promise(setImmediate)
    }
    await broken
    return sent
  }

  it('loses nothing and doubles nothing when Redis cuts every connection in the middle of a flow', async () => {
    const [first, second] = await pair()
    for (const kind of ['normal', 'pubsub']) {
      const before = second.frames.length
      const sent = await flow(first, second, 4000, async () => {
        await redis.command('CLIENT', 'KILL', 'TYPE', kind)
      })
      await within('the acknowledgement', first.bus.taken([second.bus.self]))
      assert.deepEqual(payloads(second.frames.slice(before)), sent)
    }
    assert.deepEqual(first.changes, ['+node-2/1'])
    assert.deepEqual(second.changes, ['+node-1/1'])
  })

  it('loses nothing and doubles nothing when redis-server is killed and started again', async () => {
    const [first, second] = await pair()
    const sent = await flow(first, second, 4000, async () => {
      await redis.kill()
      await redis.restart()
    })
    await within('the acknowledgement', first.bus.taken([second.bus.self]))
    assert.deepEqual(payloads(second.frames), sent)
    assert.deepEqual(first.changes, ['+node-2/1'])
  })

  it('holds back what must arrive while Redis is away, and says that QoS 0 messages are better dropped', async () => {
    const [first, second] = await pair()
    assert.equal(first.bus.congested(second.bus.self), false)
    await redis.kill()
    await waitFor('both to notice', () => first.states.at(-1) === false && second.states.at(-1) === false)
    first.bus.send(second.bus.self, deliver('held back'))
    let taken = false
    const waiting = first.bus.taken([second.bus.self]).then(() => {
      taken = true
    })
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    assert.equal(taken, false)
    assert.equal(first.bus.congested(second.bus.self), true)
    await redis.restart()
    await within('the acknowledgement', waiting)
    assert.deepEqual(payloads(second.frames), ['held back'])
    assert.deepEqual(first.states, [true, false, true])
  })

  it('notices a way in that is silent though its connection holds, and what it has missed is sent again', async () => {
    const proxy = await BreakableProxy.open(redis.port)
    try {
      const first = await joined({ self: 'node-1/1' })
      const second = await joined({ self: 'node-2/1', url: `redis://127.0.0.1:${proxy.port}`, deadAfterMs: 2000 })
      await first.reported('+node-2/1')
      proxy.silence()
      first.bus.send(second.bus.self, deliver('into the void'))
      await waitFor('the second to notice', () => second.states.at(-1) === false)
      assert.deepEqual(payloads(second.frames), [])
      proxy.mend()
      await within('the acknowledgement', first.bus.taken([second.bus.self]))
      assert.deepEqual(payloads(second.frames), ['into the void'])
    } finally {
      await proxy.close()
    }
  })

  it('buries a worker that is cut off for longer than the time that makes it dead, and tells it so', async () => {
    const proxy = await BreakableProxy.open(redis.port)
    try {
      const first = await joined({ self: 'node-1/1', deadAfterMs: 1000 })
      const second = await joined({ self: 'node-2/1', url: `redis://127.0.0.1:${proxy.port}`, deadAfterMs: 1000 })
      await first.reported('+node-2/1')
      first.bus.send(second.bus.self, deliver('reaches nobody'))
      proxy.silence()
      await first.reported('-node-2/1')
      await within('the sender to give up', first.bus.taken([second.bus.self]))
      await waitFor('the estate', () => first.estates.includes('node-2/1'))
      assert.equal(second.buried, false)
      proxy.mend()
      await waitFor('the second to know', () => second.buried)
      assert.deepEqual(first.bus.peers(), [])
    } finally {
      await proxy.close()
    }
  })

  it('keeps a worker of another version away, and says so once', async () => {
    const first = await joined({ self: 'node-1/1' })
    const stamp = new BatchStamp('node-9/1')
    const hello = Buffer.alloc(stamp.bytes)
    stamp.write(hello, BatchKind.Hello, 1, 0, FRAME_VERSION, 0, 0)
    hello[0] = BATCH_VERSION + 1
    const frames = Buffer.from(hello)
    new BatchStamp('node-8/1').write(frames, BatchKind.Hello, 1, 0, FRAME_VERSION + 5, 0, 0)
    for (let greeting = 0; greeting < 3; greeting++) {
      first.bus.batch(hello)
      first.bus.batch(frames)
    }
    const said = first.log.entries.filter(({ event }) => event.includes('another version'))
    assert.deepEqual(
      said.map(({ fields }) => fields),
      [
        { peer: 'node-9/1', theirs: BATCH_VERSION + 1, ours: BATCH_VERSION },
        { peer: 'node-8/1', theirs: FRAME_VERSION + 5, ours: FRAME_VERSION },
      ],
    )
    assert.deepEqual(first.changes, [])
    assert.equal(first.bus.linked, true)
  })

  it('passes over what nobody has sent, and opens the link anew when what a peer says makes no sense', async () => {
    const [first, second] = await pair()
    first.bus.batch(Buffer.from([BATCH_VERSION, BatchKind.Reliable, 200, 1, 2, 3]))
    first.bus.send(second.bus.self, deliver('still here'))
    await waitFor('the frame', () => second.frames.length === 1)
    assert.deepEqual(first.changes, ['+node-2/1'])
    const stamp = new BatchStamp('node-2/1')
    const cut = Buffer.alloc(stamp.bytes)
    stamp.write(cut, BatchKind.Reliable, 1, 1, 1, 0, 0)
    first.bus.batch(cut.subarray(0, stamp.bytes - 1))
    await first.reported('+node-2/1', 2)
    await second.reported('+node-1/1', 2)
    assert.match(first.log.errors.join('\n'), /does not say who sent it[^]*ends within its head/)
  })

  it('gives a peer up for which more than the bound waits, and links to it again', async () => {
    const [first, second] = await pair({ waitingBytesMax: 1_000_000 })
    for (let i = 0; i < 10; i++) first.bus.send(second.bus.self, deliver(Buffer.alloc(50_000)))
    const refused = assert.rejects(first.bus.taken([second.bus.self]), { code: 'BUS_PROTOCOL' })
    for (let i = 0; i < 20; i++) first.bus.send(second.bus.self, deliver(Buffer.alloc(50_000)))
    await first.reported('-node-2/1')
    await within('the refusal', refused)
    assert.match(first.log.errors.join('\n'), /more than 1000000 bytes wait/)
    await within('the sender to give up', first.bus.taken([second.bus.self]))
    await first.reported('+node-2/1', 2)
    await second.reported('+node-1/1', 2)
    first.bus.send(second.bus.self, deliver('again'))
    await waitFor('the frame', () => payloads(second.frames).includes('again'))
  })

  it('brings frames over that are longer than what Redis lets wait for a subscriber', async () => {
    const [first, second] = await pair()
    const payload = Buffer.alloc(40 * 1024 * 1024, 3)
    first.bus.send(second.bus.self, deliver(payload))
    first.bus.send(second.bus.self, {
      kind: 'deliver',
      message: messageWith(payload, { qos: 0 }),
      ordinary: true,
      sharedFilters: [],
    })
    await waitFor('the frames', () => second.frames.length === 2)
    for (const { frame } of second.frames) {
      assert(frame.kind === 'deliver')
      assert.equal(frame.message.payload.length, payload.length)
    }
    assert.deepEqual(second.states, [true])
  })

  it('waits for Redis when it is away at the start', async () => {
    await redis.kill()
    const late = new RedisNode({ url: redis.url, self: 'node-1/1' })
    nodes.push(late)
    const joining = late.join()
    await waitFor('it to notice', () => late.states.at(-1) === false)
    await redis.restart()
    await joining
    assert.deepEqual(late.states, [false, true])
  })

  it('keeps clusters of different names apart', async () => {
    await joined({ self: 'node-1/1', clusterName: 'one' })
    const other = await joined({ self: 'node-2/1', clusterName: 'two' })
    const mate = await joined({ self: 'node-3/1', clusterName: 'two' })
    await other.reported('+node-3/1')
    assert.deepEqual(mate.bus.peers(), ['node-2/1'])
  })
})
