import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Environment } from '../../../src/config/setting.ts'
import { readSettings } from '../../../src/config/settings.ts'

function problems(environment: Environment): readonly string[] {
  const given = { GUARDBEE_JWT_ISSUER: 'https://issuer.example/', ...environment }
  return readSettings(given, { cores: 1 }).problems.map(({ names, text }) => `${names.join('+')}: ${text}`)
}

describe('settings behind a load balancer', () => {
  it('a listener that awaits PROXY headers needs to know whose', () => {
    assert.deepEqual(problems({ GUARDBEE_MQTT_PROXY_PROTOCOL: 'on', GUARDBEE_WS_PROXY_PROTOCOL: 'on' }), [
      'GUARDBEE_TRUSTED_PROXIES: is missing, expected because GUARDBEE_MQTT_PROXY_PROTOCOL, GUARDBEE_WS_PROXY_PROTOCOL is on',
    ])
    assert.deepEqual(problems({ GUARDBEE_MQTT_PROXY_PROTOCOL: 'on', GUARDBEE_TRUSTED_PROXIES: '10.0.0.0/8' }), [])
  })

  for (const environment of [
    {},
    { GUARDBEE_MQTT_PROXY_PROTOCOL: 'off' },
    { GUARDBEE_MQTT_PROXY_PROTOCOL: 'on', GUARDBEE_MQTT_PORT: '' },
  ]) {
    it(`trusted proxies have no effect beside ${JSON.stringify(environment)}`, () => {
      assert.deepEqual(problems({ ...environment, GUARDBEE_TRUSTED_PROXIES: '10.0.0.0/8' }), [
        'GUARDBEE_TRUSTED_PROXIES: has no effect, because no listener that is open awaits the PROXY protocol',
      ])
    })
  }

  for (const name of ['GUARDBEE_TLS_PROXY_PROTOCOL', 'GUARDBEE_WSS_PROXY_PROTOCOL']) {
    it(`${name} is a setting of an encrypted listener`, () => {
      assert.deepEqual(problems({ [name]: 'off' }), [
        `GUARDBEE_TLS_CERTIFICATE_FILE: is missing, expected because ${name} is given`,
        `GUARDBEE_TLS_KEY_FILE: is missing, expected because ${name} is given`,
      ])
      const tls = { GUARDBEE_TLS_CERTIFICATE_FILE: 'broker.crt', GUARDBEE_TLS_KEY_FILE: 'broker.key' }
      assert.deepEqual(problems({ ...tls, [name]: 'on', GUARDBEE_TRUSTED_PROXIES: '::1' }), [])
    })
  }

  it('a Server Reference goes with the reason that sends clients elsewhere', () => {
    const reference = { GUARDBEE_DRAIN_SERVER_REFERENCE: 'other.example:1883' }
    assert.deepEqual(problems(reference), [
      'GUARDBEE_DRAIN_REASON: is server-shutting-down, expected use-another-server beside GUARDBEE_DRAIN_SERVER_REFERENCE',
    ])
    assert.deepEqual(problems({ ...reference, GUARDBEE_DRAIN_REASON: 'use-another-server' }), [])
  })
})
