import assert from 'node:assert/strict'
import { createServer, connect, type Socket } from 'node:net'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { EndOfTick } from '../../../src/core/end-of-tick.ts'
import { Message, NO_PROPERTIES } from '../../../src/core/message.ts'
import { SlabPool } from '../../../src/protocol/slab-pool.ts'
import type { RetainedStore, Store } from '../../../src/ports/store.ts'
import { OutBuffer } from '../../../src/protocol/out-buffer.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import { StoreClient } from '../../../src/store/store-client.ts'
import { matchRetained } from '../../../src/store/store-methods.ts'
import { StoreRecordWriter } from '../../../src/store/store-protocol.ts'
import { StoreServer } from '../../../src/store/store-server.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLog } from '../../support/recording-log.ts'
import { makeTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor, within } from '../../support/wait-for.ts'

const unavailable = { code: 'STORE_UNAVAILABLE' } as const

function message(topicName: string, payloadBytes = 1): Message {
  const payload = Buffer.alloc(payloadBytes, 1)
  return new Message({
    topicName,
    payload,
    properties: NO_PROPERTIES,
    qos: 1,
    retain: true,
    expiresAtMs: 0,
    publisher: '',
  })
}

/** The store with another way to handle retained messages. */
function storeWith(store: Store, retained: Partial<RetainedStore>): Store {
  return {
    sessions: store.sessions,
    subscriptions: store.subscriptions,
    queues: store.queues,
    retained: {
      put: put => store.retained.put(put),
      remove: topicName => store.retained.remove(topicName),
      match: (...args) => store.retained.match(...args),
      ...retained,
    },
    close: () => store.close(),
  }
}

/** Requests with these ids for the retained message of `a`, as they go over a link. */
function matchRequests(firstId: number, lastId: number): Buffer {
  const slabs = new SlabPool()
  const sent: Buffer[] = []
  const out = new OutBuffer({ gathering: () => {}, send: (slab, length) => sent.push(slab.subarray(0, length)) }, slabs)
  const writer = new StoreRecordWriter()
  for (let id = firstId; id <= lastId; id++) writer.request(out, id, matchRetained, ['a', 0])
  out.flush()
  return Buffer.concat(sent)
}

describe('StoreClient', () => {
  let folder: TemporaryFolder
  let clock: FakeClock
  let serverLog: RecordingLog
  let clientLog: RecordingLog
  let open: { close(): Promise<void> }[]

  beforeEach(async () => {
    folder = await makeTemporaryFolder()
    clock = new FakeClock()
    serverLog = new RecordingLog()
    clientLog = new RecordingLog()
    open = []
  })

  afterEach(async () => {
    for (const one of open.toReversed()) {
      const closed = one.close()
      // A peer that does not end its half is cut after a while.
      await Promise.race([closed, new Promise(setImmediate)])
      clock.advance(2000)
      await within('everything to close', closed)
    }
    await folder.remove()
  })

  function shared(log: RecordingLog): {
    clock: FakeClock
    log: RecordingLog
    slabs: SlabPool
    endOfTick: EndOfTick
    socketPath: string
  } {
    const endOfTick = new EndOfTick(task => void setImmediate(task))
    return { clock, log, slabs: new SlabPool(), endOfTick, socketPath: path.join(folder.path, 'store.sock') }
  }

  async function serve(store: Store): Promise<StoreServer> {
    const server = await StoreServer.open({ ...shared(serverLog), store })
    open.push(server)
    return server
  }

  async function client(outstandingMax?: number): Promise<StoreClient> {
    const opened = await StoreClient.open({
      ...shared(clientLog),
      ...(outstandingMax === undefined ? {} : { outstandingMax }),
    })
    open.push(opened)
    return opened
  }

  /** A server that takes everything and answers as `answer` says, with raw bytes. */
  async function serveRaw(answer: (socket: Socket, chunk: Buffer) => void): Promise<Socket[]> {
    const sockets: Socket[] = []
    const server = createServer(socket => {
      sockets.push(socket)
      socket.on('error', () => {}) // how a link ends is what the tests look at
      socket.on('data', (chunk: Buffer) => answer(socket, chunk))
    })
    await new Promise<void>(resolve => server.listen(path.join(folder.path, 'store.sock'), resolve))
    open.push({
      close: () =>
        new Promise<void>(resolve => {
          for (const socket of sockets) socket.destroy()
          server.close(() => resolve())
        }),
    })
    return sockets
  }

  it('answers many calls that are under way at the same time, each with its own result', async () => {
    await serve(new MemoryStore(clock))
    const store = await client()
    const claims = Array.from({ length: 5000 }, (_, i) =>
      store.sessions.claim({
        clientId: `c${i % 500}`,
        home: `node/${i}`,
        cleanStart: false,
        owner: 'o',
        sessionExpiryIntervalSeconds: 1,
        will: undefined,
      }),
    )
    const results = await within('all answers', Promise.all(claims))
    for (const [i, result] of results.entries()) {
      assert(result.kind === 'claimed')
      assert.equal(result.previousHome, i < 500 ? undefined : `node/${i - 500}`)
    }
  })

  it('rejects when nobody serves the store for ten seconds', async () => {
    const opening = StoreClient.open(shared(clientLog))
    const rejected = assert.rejects(opening, unavailable)
    for (let i = 0; i < 11; i++) {
      clock.advance(1000)
      await new Promise(setImmediate)
    }
    await within('the refusal', rejected)
  })

  it('waits for a server that starts a little later', async () => {
    const opening = client()
    clock.advance(30)
    await serve(new MemoryStore(clock))
    const opened = await waitFor('the connection', async () => {
      clock.advance(50)
      return Promise.race([opening, new Promise<undefined>(resolve => setImmediate(() => resolve(undefined)))])
    })
    await opened.retained.put(message('a'))
  })

  it('rejects a call that is not answered within ten seconds, and passes over the late answer', async () => {
    const chunks: Buffer[] = []
    const [sockets, store] = [await serveRaw((_, chunk) => void chunks.push(chunk)), await client()]
    let failure: unknown
    const call = store.retained.remove('a').catch((error: unknown) => {
      failure = error
    })
    await waitFor('the request', () => chunks.length > 0)
    clock.advance(9999)
    await new Promise(setImmediate)
    assert.equal(failure, undefined)
    clock.advance(1001)
    await within('the refusal', call)
    assert.match(String(failure), /did not answer in time/)
    // Length 2, id 1, answered: nobody waits for it any more, and the link stays.
    sockets[0]?.write(Buffer.from([0, 0, 0, 2, 1, 0]))
    const next = store.retained.remove('b')
    await waitFor('the second request', () => chunks.length > 1)
    sockets[0]?.write(Buffer.from([0, 0, 0, 2, 2, 0]))
    await within('the answer', next)
  })

  it('rejects what is under way when the link breaks, refuses calls while it is down, and connects again', async () => {
    const sockets = await serveRaw((socket, chunk) => {
      // Answers nothing but the first call of the second link.
      if (sockets.indexOf(socket) === 1) socket.write(Buffer.from([0, 0, 0, 2, chunk[4] ?? 0, 0]))
    })
    const store = await client()
    const calls = [store.retained.remove('a'), store.retained.remove('b')]
    const rejected = Promise.all(calls.map(call => assert.rejects(call, unavailable)))
    await waitFor('the link', () => sockets.length === 1)
    await new Promise(setImmediate)
    sockets[0]?.destroy()
    await within('the refusals', rejected)
    await assert.rejects(store.retained.remove('c'), unavailable)
    await waitFor('the next link to answer', async () => {
      clock.advance(10)
      return store.retained.remove('d').then(
        () => true,
        () => false,
      )
    })
    assert.equal(clientLog.errors.length, 1)
  })

  it('refuses calls past its bound at once', async () => {
    await serveRaw(() => {})
    const store = await client(3)
    const waiting = [1, 2, 3].map(() => assert.rejects(store.retained.remove('a'), unavailable))
    await assert.rejects(store.retained.remove('a'), { ...unavailable, message: /too many calls/ })
    await store.close()
    await Promise.all(waiting)
  })

  it('breaks a link whose answers make no sense, and rejects the call', async () => {
    await serveRaw((socket, chunk) => void socket.write(Buffer.from([0, 0, 0, 3, chunk[4] ?? 0, 0, 9])))
    const store = await client()
    await assert.rejects(store.retained.remove('a'), { ...unavailable, message: /makes no sense/ })
    await waitFor('the link to be cut', () => clientLog.errors.some(error => error.includes('left over')))
  })

  it('brings errors across with their code, and keeps a fault of the store to the server', async () => {
    const store = new MemoryStore(clock)
    await serve(storeWith(store, { put: () => Promise.reject(new TypeError('secret detail')) }))
    const remote = await client()
    await assert.rejects(remote.sessions.end('nobody', 1), { name: 'BrokerError', code: 'STALE_EPOCH' })
    await assert.rejects(remote.retained.put(message('a')), (error: Error) => {
      assert.equal('code' in error && error.code, 'STORE_UNAVAILABLE')
      assert.doesNotMatch(error.message, /secret/)
      return true
    })
    assert.match(serverLog.errors.join(), /secret detail/)
    await remote.retained.remove('a')
  })

  it('refuses what would be too long for one request or one answer, and goes on', async () => {
    await serve(new MemoryStore(clock))
    const store = await client()
    await assert.rejects(store.retained.put(message('a', 340_000_000)), { ...unavailable, message: /too long/ })
    await assert.rejects(store.sessions.takeDue('node/1', 0, Infinity), RangeError)
    await store.retained.put(message('a'))
  })

  it('forgets a long answer that is not read on for thirty seconds', async () => {
    await serve(new MemoryStore(clock))
    const store = await client()
    for (let i = 0; i < 300; i++) await store.retained.put(message(`a/${i}`))
    const pages = store.retained.match('a/+', 0)[Symbol.asyncIterator]()
    assert.equal((await pages.next()).value?.length, 100)
    clock.advance(29_999)
    assert.equal((await pages.next()).value?.length, 100)
    clock.advance(30_000)
    await assert.rejects(pages.next(), { ...unavailable, message: /no longer kept/ })
  })

  it('frees the long answers of a worker whose link has closed', async () => {
    await serve(new MemoryStore(clock))
    const store = await client()
    for (let i = 0; i < 300; i++) await store.retained.put(message(`a/${i}`))
    const timers = clock.pendingTimers
    const readers = Array.from({ length: 10 }, () => store.retained.match('#', 0)[Symbol.asyncIterator]())
    await Promise.all(readers.map(reader => reader.next()))
    assert.equal(clock.pendingTimers, timers + 10)
    await store.close()
    await waitFor('the server to forget them', () => clock.pendingTimers < timers)
  })

  it('delivers what was asked before it was closed', async () => {
    const memory = new MemoryStore(clock)
    await serve(memory)
    const store = await client()
    const put = assert.rejects(store.retained.put(message('a')), unavailable)
    await store.close()
    await put
    await waitFor('the message', async () => {
      for await (const page of memory.retained.match('a', 0)) return page.length === 1
      return false
    })
  })

  it('reads nothing more from a worker that does not take its answers, until it does', async () => {
    const memory = new MemoryStore(clock)
    await memory.retained.put(message('a', 900_000))
    let matches = 0
    await serve(
      storeWith(memory, {
        match: (...args) => {
          matches++
          return memory.retained.match(...args)
        },
      }),
    )
    const worker = connect(path.join(folder.path, 'store.sock'))
    open.push({ close: async () => void worker.destroy() })
    worker.pause()
    worker.write(matchRequests(1, 100))
    await waitFor('the first requests to be run', () => matches === 100)
    for (let tick = 0; tick < 50; tick++) await new Promise(setImmediate)
    worker.write(matchRequests(101, 200))
    for (let tick = 0; tick < 50; tick++) await new Promise(setImmediate)
    assert.equal(matches, 100)
    let bytes = 0
    worker.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    worker.resume()
    await waitFor('all answers', () => bytes > 200 * 900_000)
  })

  describe('bytes from a worker', () => {
    const broken: readonly (readonly [string, Buffer, RegExp])[] = [
      ['an unknown method', Buffer.from([0, 0, 0, 2, 1, 250]), /unknown store method 250/],
      ['arguments that end early', Buffer.from([0, 0, 0, 3, 1, 31, 5]), /ends after its bytes/],
      ['bytes left over', Buffer.from([0, 0, 0, 5, 1, 31, 1, 97, 0]), /left over/],
      ['a record longer than allowed', Buffer.from([0xff, 0xff, 0xff, 0xff]), /longer than/],
    ]
    for (const [what, bytes, says] of broken) {
      it(`with ${what} break its link, and no other`, async () => {
        await serve(new MemoryStore(clock))
        const store = await client()
        const worker = connect(path.join(folder.path, 'store.sock'))
        let closed = false
        worker.on('close', () => {
          closed = true
        })
        worker.on('error', () => {}) // how a link ends is what the test looks at
        worker.write(bytes)
        await waitFor('the link to be cut', () => closed)
        assert.match(serverLog.errors.join('\n'), says)
        await store.retained.put(message('a'))
      })
    }
  })
})
