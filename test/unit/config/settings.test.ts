import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { devRules } from '../../../src/config/rules.ts'
import { sections } from '../../../src/config/schema.ts'
import type { Environment } from '../../../src/config/setting.ts'
import type { SettingsReading } from '../../../src/config/settings.ts'
import { readSettings } from '../../../src/config/settings.ts'

const FACTS = { cores: 6 }
const ISSUER: Environment = { GUARDBEE_JWT_ISSUER: 'https://issuer.example/' }

function read(environment: Environment): SettingsReading {
  return readSettings({ ...ISSUER, ...environment }, FACTS)
}

function problemsOf(reading: SettingsReading): string {
  assert.equal(reading.settings, undefined, 'a problem must leave no settings to start on')
  return reading.problems.map(({ names, text }) => `${names.join('+')}: ${text}`).join('\n')
}

describe('readSettings', () => {
  it('gives the defaults of the table for what is not set or empty', () => {
    const { settings, problems } = read({ GUARDBEE_LOG_LEVEL: '', GUARDBEE_WORKERS: '' })
    assert.deepEqual(problems, [])
    assert.partialDeepStrictEqual(settings, {
      bindAddress: '0.0.0.0',
      mqttPort: 1883,
      wsPort: 8083,
      adminPort: 8080,
      workers: 6,
      authThreads: 1,
      logLevel: 'info',
      logDir: 'log',
      securityFile: undefined,
      jwtIssuer: 'https://issuer.example/',
      jwtJwksUri: undefined,
      jwtAudience: undefined,
      jwtScope: undefined,
      jwtScopeClaim: undefined,
      jwtPreset: 'generic',
      jwtIntrospection: 'off',
      devIssuerPort: 9400,
    })
  })

  it('types each value by its row', () => {
    const { settings } = read({ GUARDBEE_WORKERS: '3' })
    const workers: number | undefined = settings?.workers
    const mqttPort: number | undefined = settings?.mqttPort
    const level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | undefined = settings?.logLevel
    assert.deepEqual([workers, mqttPort, level], [3, 1883, 'info'])
  })

  it('takes 0 for a free port and nothing for a listener that is off', () => {
    const { settings } = read({ GUARDBEE_MQTT_PORT: '0', GUARDBEE_WS_PORT: '', GUARDBEE_ADMIN_PORT: '' })
    assert.equal(settings?.mqttPort, 0)
    assert.equal(settings?.wsPort, undefined)
    assert.equal(settings?.adminPort, undefined)
  })

  it('reports every wrong and every unknown variable at once, with what was expected', () => {
    const text = problemsOf(
      read({
        GUARDBEE_MQTT_PORT: '70000',
        GUARDBEE_WORKERS: '1.5',
        GUARDBEE_LOG_LEVEL: 'loud',
        GUARDBEE_BIND_ADDRESS: 'localhost',
        GUARDBEE_JWT_JWKS_URI: 'ftp://keys.example',
        GUARDBEE_MQTT_PROT: '1883',
      }),
    )
    assert.match(text, /GUARDBEE_MQTT_PORT: found "70000", expected a port from 0 to 65535/)
    assert.match(text, /GUARDBEE_WORKERS: found "1\.5", expected an integer from 1 to 256/)
    assert.match(text, /GUARDBEE_LOG_LEVEL: found "loud", expected one of trace, debug, info, warn, error/)
    assert.match(text, /GUARDBEE_BIND_ADDRESS: found "localhost", expected an IPv4 or IPv6 address/)
    assert.match(text, /GUARDBEE_JWT_JWKS_URI: found "ftp:\/\/keys\.example", expected an absolute https/)
    assert.match(text, /GUARDBEE_MQTT_PROT: is not a setting; did you mean GUARDBEE_MQTT_PORT\?/)
  })

  it('never shows the value of an unknown variable, which may be a secret with a misspelt name', () => {
    assert.doesNotMatch(problemsOf(read({ GUARDBEE_JWT_SECRT: 'hunter2' })), /hunter2/)
  })

  it('masks the user name and password of a URL', () => {
    const text = problemsOf(read({ GUARDBEE_JWT_JWKS_URI: 'https://me:hunter2@keys.example' }))
    assert.match(text, /\*\*\*@keys\.example/)
    assert.doesNotMatch(text, /hunter2/)
  })

  it('ignores the service links of Kubernetes, and explains one that took the name of a setting', () => {
    const links = {
      KUBERNETES_SERVICE_HOST: '10.0.0.1',
      GUARDBEE_SERVICE_HOST: '10.0.0.9',
      GUARDBEE_SERVICE_PORT_MQTT: '1883',
      GUARDBEE_PORT: 'tcp://10.0.0.9:1883',
      GUARDBEE_PORT_1883_TCP_ADDR: '10.0.0.9',
    }
    assert.deepEqual(read(links).problems, [])
    const text = problemsOf(read({ ...links, GUARDBEE_MQTT_PORT: 'tcp://10.0.0.9:1883' }))
    assert.match(text, /enableServiceLinks: false/)
    assert.match(problemsOf(read({ GUARDBEE_SERVICE_HOST: '10.0.0.9' })), /GUARDBEE_SERVICE_HOST: is not a setting/)
  })

  it('says where each value came from', () => {
    const { effective } = read({ GUARDBEE_MQTT_PORT: '1884', GUARDBEE_WORKERS: 'many' })
    const source = new Map(effective.map(row => [row.name, `${row.shown} ${row.source}`]))
    assert.equal(source.get('GUARDBEE_MQTT_PORT'), '1884 environment')
    assert.equal(source.get('GUARDBEE_WS_PORT'), '8083 default')
    assert.equal(source.get('GUARDBEE_WORKERS'), '6 wrong')
    assert.equal(source.get('GUARDBEE_JWT_AUDIENCE'), 'none default')
  })

  it('gives every row a property and a name of its own', () => {
    const rows = sections.flatMap(section => Object.entries(section.settings))
    assert.equal(new Set(rows.map(([property]) => property)).size, rows.length)
    assert.equal(new Set(rows.map(([, row]) => row.name)).size, rows.length)
  })
})

describe('rules between settings', () => {
  it('with nobody named to trust, names the ways to name one', () => {
    const text = problemsOf(readSettings({}, FACTS))
    for (const way of ['GUARDBEE_SECURITY_FILE', 'GUARDBEE_JWT_ISSUER', 'GUARDBEE_JWT_JWKS_URI', 'guardbee dev']) {
      assert.ok(text.includes(way), text)
    }
  })

  it('a security file and an issuer exclude each other', () => {
    const text = problemsOf(read({ GUARDBEE_SECURITY_FILE: 'ese.xml', GUARDBEE_JWT_AUDIENCE: 'HiveMQ' }))
    assert.match(text, /^GUARDBEE_SECURITY_FILE\+GUARDBEE_JWT_ISSUER\+GUARDBEE_JWT_AUDIENCE: given together/)
    assert.deepEqual(readSettings({ GUARDBEE_SECURITY_FILE: 'ese.xml' }, FACTS).problems, [])
  })

  it('keys without an issuer are refused, because any issuer would then do', () => {
    const reading = readSettings({ GUARDBEE_JWT_JWKS_URI: 'https://issuer.example/keys' }, FACTS)
    assert.match(problemsOf(reading), /^GUARDBEE_JWT_ISSUER: is missing, .*GUARDBEE_JWT_JWKS_URI/)
  })

  it('a blank audience or scope is refused, because it checks nothing', () => {
    const text = problemsOf(read({ GUARDBEE_JWT_AUDIENCE: ' ', GUARDBEE_JWT_SCOPE: '\t' }))
    assert.match(text, /GUARDBEE_JWT_AUDIENCE: found " "/)
    assert.match(text, /GUARDBEE_JWT_SCOPE: found/)
  })

  it('a scope claim without a scope is refused', () => {
    assert.match(problemsOf(read({ GUARDBEE_JWT_SCOPE_CLAIM: 'scp' })), /GUARDBEE_JWT_SCOPE: is missing/)
  })

  it('at least one listener is on', () => {
    const text = problemsOf(read({ GUARDBEE_MQTT_PORT: '', GUARDBEE_WS_PORT: '' }))
    assert.match(text, /^GUARDBEE_MQTT_PORT\+GUARDBEE_WS_PORT: both are off/)
  })

  it('two listeners do not share a port, unless both take free ones', () => {
    const text = problemsOf(read({ GUARDBEE_WS_PORT: '1883' }))
    assert.match(text, /^GUARDBEE_MQTT_PORT\+GUARDBEE_WS_PORT: both are 1883/)
    assert.deepEqual(read({ GUARDBEE_MQTT_PORT: '0', GUARDBEE_WS_PORT: '0' }).problems, [])
  })

  it('a rule says nothing about a variable that is wrong in itself', () => {
    const { problems } = readSettings({ GUARDBEE_BIND_ADDRESS: '127.0.0.1.1' }, FACTS, devRules)
    assert.equal(problems.length, 1)
    assert.match(problems[0]?.text ?? '', /127\.0\.0\.1\.1/)
  })
})

describe('rules of guardbee dev', () => {
  it('needs no issuer on a loopback address', () => {
    for (const address of ['127.0.0.1', '127.9.9.9', '::1']) {
      assert.deepEqual(readSettings({ GUARDBEE_BIND_ADDRESS: address }, FACTS, devRules).problems, [])
    }
  })

  it('refuses an address that others can reach', () => {
    for (const address of ['0.0.0.0', '::', '192.168.1.5']) {
      for (const name of ['GUARDBEE_BIND_ADDRESS', 'GUARDBEE_ADMIN_BIND_ADDRESS']) {
        const loopback = { GUARDBEE_BIND_ADDRESS: '127.0.0.1' }
        const text = problemsOf(readSettings({ ...loopback, [name]: address }, FACTS, devRules))
        assert.match(text, new RegExp(`${name}.*expected a loopback address`, 's'))
      }
    }
  })

  it('refuses an issuer of somebody else instead of ignoring it', () => {
    const reading = readSettings({ ...ISSUER, GUARDBEE_BIND_ADDRESS: '127.0.0.1' }, FACTS, devRules)
    assert.match(problemsOf(reading), /^GUARDBEE_JWT_ISSUER: not used by/)
  })

  it('takes several issuers in one variable, but no keys that would be of all of them', () => {
    const both = 'https://a.example https://b.example'
    assert.equal(read({ GUARDBEE_JWT_ISSUER: both }).settings?.jwtIssuer, both)
    const keys = { GUARDBEE_JWT_ISSUER: both, GUARDBEE_JWT_JWKS_URI: 'https://a.example/keys' }
    assert.match(problemsOf(read(keys)), /JWKS_URI: given for several issuers, .*GUARDBEE_JWT_ISSUERS_FILE/)
    const twice = { GUARDBEE_JWT_ISSUER: 'https://a.example https://a.example' }
    assert.match(problemsOf(read(twice)), /GUARDBEE_JWT_ISSUER: found .*, expected absolute/)
    assert.match(
      problemsOf(read({ GUARDBEE_JWT_ISSUERS_FILE: 'i.json' })),
      /ISSUER\+GUARDBEE_JWT_ISSUERS_FILE: given tog/,
    )
  })

  it('wants one source of keys, and what an introspection endpoint wants', () => {
    const keys = { GUARDBEE_JWT_JWKS_URI: 'https://a.example/keys', GUARDBEE_JWT_JWKS_FILE: 'keys.json' }
    assert.match(problemsOf(read(keys)), /JWKS_URI\+GUARDBEE_JWT_JWKS_FILE: given together/)
    const only = { GUARDBEE_JWT_INTROSPECTION: 'only', GUARDBEE_JWT_JWKS_FILE: 'keys.json' }
    const text = problemsOf(read(only))
    assert.match(text, /JWKS_FILE: has no effect/)
    assert.match(text, /INTROSPECTION_CLIENT_ID: is missing/)
    assert.match(text, /INTROSPECTION_CLIENT_SECRET: is missing/)
    const signed = { GUARDBEE_JWT_INTROSPECTION: 'only', GUARDBEE_JWT_INTROSPECTION_AUTH: 'private-key-jwt' }
    assert.match(problemsOf(read(signed)), /INTROSPECTION_KEY_FILE: is missing/)
    const off = { GUARDBEE_JWT_INTROSPECTION_CLIENT_ID: 'broker' }
    assert.match(problemsOf(read(off)), /INTROSPECTION_CLIENT_ID: has no effect/)
    const certificate = { GUARDBEE_JWT_CLIENT_CERTIFICATE_FILE: 'c.pem' }
    assert.match(problemsOf(read(certificate)), /CLIENT_KEY_FILE: is missing/)
  })

  it('takes an admin secret only where it cannot be guessed, and does not show it', () => {
    assert.equal(read({ GUARDBEE_ADMIN_TOKEN: 'sixteen-letters.' }).settings?.adminToken, 'sixteen-letters.')
    const text = problemsOf(read({ GUARDBEE_ADMIN_TOKEN: 'hunter2' }))
    assert.match(text, /GUARDBEE_ADMIN_TOKEN: found a secret value, expected 16 or more/)
    assert.doesNotMatch(text, /hunter2/)
  })
})
