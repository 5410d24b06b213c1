import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import type { Finding } from '../../../../src/cli/doctor/finding.ts'
import { redisFindings } from '../../../../src/cli/doctor/redis-checks.ts'
import { readSettings } from '../../../../src/config/settings.ts'
import { systemClock } from '../../../../src/telemetry/system-clock.ts'
import { systemRandom } from '../../../../src/telemetry/system-random.ts'
import { freePort } from '../../../support/free-port.ts'
import { RedisCluster } from '../../../support/redis-cluster.ts'
import { RedisServer, type RedisServerOptions } from '../../../support/redis-server.ts'

describe('what guardbee doctor says of Redis', () => {
  it('is nothing where a broker needs none', async () => {
    assert.deepEqual(await look(undefined), [])
  })

  it('is that all is well where it keeps what a cluster promises', async test => {
    const { url } = await start(test, {})
    assert.deepEqual(textsOf(await look(url)), [
      `ok redis: ${url} answers, version 7.x`,
      `ok redis memory: ${url}: noeviction, N MiB, no maxmemory`,
      `ok redis log: ${url}: appendonly yes, appendfsync always`,
      `ok redis clock: ${url}: as ours, within a second`,
    ])
  })

  it('is what it may lose, and when', async test => {
    const lossy = { maxmemory: '100mb', 'maxmemory-policy': 'allkeys-lru', appendfsync: 'everysec' }
    const server = await start(test, lossy)
    const findings = textsOf(await look(server.url, { GUARDBEE_REDIS_WAIT: '2' }))
    assert.deepEqual(findings.slice(1, 4), [
      `warn redis memory: ${server.url}: allkeys-lru, N of N MiB`,
      `warn redis log: ${server.url}: appendonly yes, appendfsync everysec`,
      `fail redis replicas: ${server.url} has 0 of the 2 of GUARDBEE_REDIS_WAIT`,
    ])
    await server.command('CONFIG', 'SET', 'appendonly', 'no')
    const [, , log] = textsOf(await look(server.url))
    assert.equal(
      log,
      `warn redis log: ${server.url}: appendonly no, so a restart of Redis forgets what was acknowledged`,
    )
  })

  it('is why it cannot be reached, without the password in it', async test => {
    const server = await start(test, {})
    await server.command('CONFIG', 'SET', 'requirepass', 'the password of Redis')
    const wrong = await look(server.url.replace('//', '//:a-wrong-password@'))
    assert.match(wrong[0]?.text ?? '', /^redis:\/\/127\.0\.0\.1:\d+: .*WRONGPASS/)
    assert.match((await look(server.url))[0]?.text ?? '', /NOAUTH/)
    assert.equal(JSON.stringify(wrong).includes('a-wrong-password'), false)
    const right = await look(server.url.replace('//', `//:${encodeURIComponent('the password of Redis')}@`))
    assert.equal(right[0]?.outcome, 'ok')
    for (const scheme of ['redis', 'rediss']) {
      const [nobody] = await look(`${scheme}://127.0.0.1:${await freePort()}`)
      assert.equal(nobody?.outcome, 'fail')
      assert.match(nobody.text, /ECONNREFUSED/)
    }
  })

  it('is told by a server that a user may not ask for its configuration', async test => {
    const server = await start(test, {})
    await server.command('ACL', 'SETUSER', 'broker', 'on', '>secret', '~*', '&*', '+@all', '-config')
    const found = textsOf(await look(server.url.replace('//', '//broker:secret@')))
    assert.equal(found[2], `warn redis log: ${server.url}: appendonly yes, appendfsync unknown`)
  })

  it('is told of each master of a Redis Cluster', async test => {
    const cluster = await RedisCluster.start()
    test.after(() => cluster.stop())
    const found = await look(cluster.url)
    assert.equal(found.filter(({ check, outcome }) => check === 'redis' && outcome === 'ok').length, 3)
  })
})

async function start(test: TestContext, options: RedisServerOptions): Promise<RedisServer> {
  const server = await RedisServer.start(undefined, options)
  test.after(() => server.stop())
  return server
}

async function look(
  url: string | undefined,
  environment: Readonly<Record<string, string>> = {},
): Promise<readonly Finding[]> {
  const redis = url === undefined ? {} : { GUARDBEE_REDIS_URL: url }
  const variables = { GUARDBEE_JWT_ISSUER: 'https://id.example', ...redis, ...environment }
  const { settings, problems } = readSettings(variables, { cores: 2 })
  assert(settings !== undefined, JSON.stringify(problems))
  return await redisFindings(settings, systemClock, systemRandom)
}

/** Without the figures of this machine. */
function textsOf(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ check, outcome, text }) => {
    const same = text.replace(/version 7[\d.]+/, 'version 7.x').replaceAll(/\d+ (?=MiB|of \d)/g, 'N ')
    return `${outcome} ${check}: ${same}`
  })
}
