import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { devRules } from '../../../src/config/rules.ts'
import type { Environment } from '../../../src/config/setting.ts'
import { readSettings } from '../../../src/config/settings.ts'

const ISSUER: Environment = { GUARDBEE_JWT_ISSUER: 'https://issuer.example/' }
const REDIS: Environment = { GUARDBEE_REDIS_URL: 'redis://:secret-word@r.example' }

function problems(environment: Environment): string {
  const reading = readSettings({ ...ISSUER, ...environment }, { cores: 1 })
  assert.equal(JSON.stringify([reading.problems, reading.effective]).includes('secret-word'), false)
  return reading.problems.map(({ names, text }) => `${names.join('+')}: ${text}`).join('\n')
}

describe('settings of a cluster', () => {
  it('are alone with their Redis, by default of a second and five', () => {
    const { settings } = readSettings({ ...ISSUER, ...REDIS }, { cores: 1 })
    assert.partialDeepStrictEqual(settings, { clusterName: 'guardbee', heartbeatMs: 1000, deadAfterMs: 5000 })
  })

  for (const [name, value] of [
    ['GUARDBEE_DATA_DIR', 'data'],
    ['GUARDBEE_DURABILITY', 'memory'],
  ] as const) {
    it(`do not go with ${name}, and say why`, () => {
      assert.match(problems({ ...REDIS, [name]: value }), new RegExp(`REDIS_URL\\+${name}: .*every node can read`))
      assert.equal(problems({ [name]: value }), '')
    })
  }

  it('have no authority to check where nothing is encrypted', () => {
    assert.match(problems({ ...REDIS, GUARDBEE_REDIS_CA_FILE: 'ca.pem' }), /CA_FILE: has no effect/)
    assert.match(problems({ GUARDBEE_REDIS_CA_FILE: 'ca.pem' }), /CA_FILE: has no effect/)
    assert.equal(problems({ GUARDBEE_REDIS_URL: 'rediss://r', GUARDBEE_REDIS_CA_FILE: 'ca.pem' }), '')
  })

  it('take a second secret beside the first one only', () => {
    const accepted = { ...REDIS, GUARDBEE_CLUSTER_SECRET_ACCEPTED: 'the-other-secret-word' }
    assert.match(problems(accepted), /SECRET_ACCEPTED: has no effect, expected GUARDBEE_CLUSTER_SECRET beside it/)
    assert.equal(problems({ ...accepted, GUARDBEE_CLUSTER_SECRET: 'the-first-secret-word' }), '')
  })

  it('are not for development mode', () => {
    const { problems: found } = readSettings({ ...REDIS, GUARDBEE_BIND_ADDRESS: '127.0.0.1' }, { cores: 1 }, devRules)
    assert.deepEqual(
      found.map(({ names }) => names),
      [['GUARDBEE_REDIS_URL']],
    )
  })

  it('leave time for three heartbeats', () => {
    assert.match(problems({ ...REDIS, GUARDBEE_HEARTBEAT_MS: '2000' }), /are 2000 and 5000, expected .* 3 times/)
    assert.equal(problems({ ...REDIS, GUARDBEE_HEARTBEAT_MS: '1666' }), '')
  })

  it('keep the password of a wrong address to themselves', () => {
    assert.match(problems({ GUARDBEE_REDIS_URL: 'redes://:secret-word@r' }), /found a secret value, expected redis:/)
  })

  it('take names that can stand in an address', () => {
    assert.match(problems({ ...REDIS, GUARDBEE_NODE_ID: 'a/b', GUARDBEE_CLUSTER_NAME: '{x}' }), /NODE_ID: found "a\/b"/)
    assert.equal(problems({ ...REDIS, GUARDBEE_NODE_ID: 'a.b-c_1', GUARDBEE_CLUSTER_NAME: 'prod' }), '')
  })
})
