import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import { after, before, beforeEach, describe, it } from 'node:test'
import { ClusterSeal } from '../../../../src/auth/cluster-seal.ts'
import { IntrospectionSource } from '../../../../src/auth/introspection-source.ts'
import { SharedAnswers } from '../../../../src/auth/shared-answers.ts'
import { systemClock } from '../../../../src/telemetry/system-clock.ts'
import { systemRandom } from '../../../../src/telemetry/system-random.ts'
import { BreakableProxy } from '../../../support/breakable-proxy.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { RecordingLog } from '../../../support/recording-log.ts'
import { RedisShares } from '../../../support/redis-shares.ts'
import { waitFor } from '../../../support/wait-for.ts'

const ASKS = 1_000
/** Several times as many as are asked about at once. */
const TOKENS = 200

interface Node {
  readonly source: IntrospectionSource
  readonly answers: SharedAnswers
}

/** Two nodes that introspect, on one redis-server. */
describe('answers shared in Redis', { timeout: 60_000 }, () => {
  let shares: RedisShares
  let endpoint: Server
  let url: string
  let requests = 0

  before(async () => {
    shares = await RedisShares.start()
    endpoint = createServer((request, response) => {
      request.resume()
      requests++
      response.end('{"active":true,"sub":"a"}')
    }).listen(0, '127.0.0.1')
    await once(endpoint, 'listening')
    const address = endpoint.address()
    assert(typeof address === 'object' && address !== null)
    url = `http://127.0.0.1:${address.port}/introspect`
  })
  after(async () => {
    endpoint.closeAllConnections()
    endpoint.close()
    await shares.stop()
  })
  beforeEach(async () => {
    requests = 0
    await shares.server.command('FLUSHALL')
  })

  async function node(port?: number): Promise<Node> {
    const { cache } = await shares.join(systemClock, port)
    const seal = new ClusterSeal('a secret of the cluster', 'test', systemRandom)
    const log = new RecordingLog()
    const answers = new SharedAnswers({ cache, seal, clock: systemClock, random: systemRandom, log })
    const introspection = { endpoint: url, username: 'b', password: 'p' }
    const realm = { kind: 'jwt', name: 'r', jwksUri: '', jwksDefaultCacheSeconds: 1800, introspection } as const
    // Its time stands still: how long a token waits for its turn on a busy machine is not what is looked at here.
    const clock = new FakeClock(systemClock.nowMs())
    return { source: new IntrospectionSource({ realms: [realm], clock, log, shared: answers }), answers }
  }

  it('are one request for a thousand who ask two nodes at once', async () => {
    const nodes = [await node(), await node()] as const
    const asked = Array.from({ length: ASKS }, (_, i) => nodes[i % 2 === 0 ? 0 : 1].source.ask('r', 'token'))
    const kinds = (await Promise.all(asked)).map(({ kind }) => kind)
    assert.deepEqual(new Set(kinds), new Set(['active']))
    assert.equal(requests, 1)
  })

  it('are one request for each of many tokens that both nodes are shown at once', async () => {
    const nodes = [await node(), await node()] as const
    const tokens = Array.from({ length: TOKENS }, (_, i) => `token ${i}`)
    const kinds = await Promise.all(tokens.flatMap(token => nodes.map(({ source }) => source.ask('r', token))))
    assert.deepEqual(new Set(kinds.map(({ kind }) => kind)), new Set(['active']))
    assert.equal(requests, TOKENS)
  })

  it('are refused and asked for anew where somebody else has written', async () => {
    const first = await node()
    await first.source.ask('r', 'token')
    await waitFor('the entry', async () => (await keys()).length > 0)
    const [key = ''] = await keys()
    await shares.server.command('SET', key, '{"active":true}')
    const second = await node()
    assert.equal((await second.source.ask('r', 'token')).kind, 'active')
    assert.equal(requests, 2)
    assert.ok(second.answers.refused > 0)
  })

  it('are asked for by each node while Redis says nothing, and shared again when it does', async () => {
    const proxy = await BreakableProxy.open(shares.server.port)
    try {
      const far = await node(proxy.port)
      const near = await node()
      proxy.silence()
      assert.equal((await far.source.ask('r', 'token')).kind, 'active')
      assert.equal((await near.source.ask('r', 'token')).kind, 'active')
      assert.equal(requests, 2)
      assert.equal(far.answers.failures, 1)
      proxy.mend()
      let number = 0
      await waitFor('sharing', async () => {
        const token = `again ${number++}`
        await near.source.ask('r', token)
        const soFar = requests
        await far.source.ask('r', token)
        return requests === soFar
      })
    } finally {
      await proxy.close()
    }
  })

  async function keys(): Promise<readonly string[]> {
    const found = await shares.server.command('KEYS', '{test}:shared:*')
    return Array.isArray(found) ? found.map(String) : []
  }
})
