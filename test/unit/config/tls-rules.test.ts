import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { clientPorts } from '../../../src/config/client-ports.ts'
import type { Environment } from '../../../src/config/setting.ts'
import type { SettingsReading } from '../../../src/config/settings.ts'
import { readSettings } from '../../../src/config/settings.ts'

const PLAIN: Environment = { GUARDBEE_JWT_ISSUER: 'https://issuer.example/' }
const TLS: Environment = { GUARDBEE_TLS_CERTIFICATE_FILE: 'broker.crt', GUARDBEE_TLS_KEY_FILE: 'broker.key' }

function read(environment: Environment): SettingsReading {
  return readSettings({ ...PLAIN, ...environment }, { cores: 1 })
}

function problems(environment: Environment): readonly string[] {
  return read(environment).problems.map(({ names, text }) => `${names.join('+')}: ${text}`)
}

describe('settings of the encrypted listeners', () => {
  it('the listeners are on where there is a certificate, at their own ports', () => {
    const { settings } = read(TLS)
    assert.ok(settings !== undefined)
    assert.deepEqual(clientPorts(settings), { mqttPort: 1883, wsPort: 8083, tlsPort: 8883, wssPort: 8084 })
  })

  it('the listeners are off where there is none', () => {
    const { settings } = read({})
    assert.ok(settings !== undefined)
    assert.deepEqual(clientPorts(settings), { mqttPort: 1883, wsPort: 8083, tlsPort: undefined, wssPort: undefined })
  })

  it('an empty port switches one off, with a certificate and without', () => {
    const { settings } = read({ ...TLS, GUARDBEE_WSS_PORT: '' })
    assert.equal(settings?.wssPort, undefined)
    assert.deepEqual(problems({ GUARDBEE_WSS_PORT: '', GUARDBEE_TLS_PORT: '' }), [])
  })

  for (const [name, value] of [
    ['GUARDBEE_TLS_PORT', '8883'],
    ['GUARDBEE_WSS_PORT', '0'],
    ['GUARDBEE_TLS_MIN_VERSION', '1.3'],
    ['GUARDBEE_TLS_SNI_DIR', 'sni'],
  ] as const) {
    it(`${name} without a certificate would be no encryption`, () => {
      assert.deepEqual(problems({ [name]: value }), [
        `GUARDBEE_TLS_CERTIFICATE_FILE: is missing, expected because ${name} is given`,
        `GUARDBEE_TLS_KEY_FILE: is missing, expected because ${name} is given`,
      ])
    })
  }

  it('a certificate wants its key, and a key its certificate', () => {
    const [[certificate, crt], [key, file]] = [Object.entries(TLS)[0] ?? [], Object.entries(TLS)[1] ?? []]
    assert.deepEqual(problems({ [String(certificate)]: crt }), [
      `${key}: is missing, expected because ${certificate} is given`,
    ])
    assert.deepEqual(problems({ [String(key)]: file }), [
      `${certificate}: is missing, expected because ${key} is given`,
    ])
  })

  it('asking for certificates of clients wants their authorities, and the other way round', () => {
    assert.deepEqual(problems({ ...TLS, GUARDBEE_TLS_CLIENT_CERTIFICATES: 'required' }), [
      'GUARDBEE_TLS_CLIENT_CA_FILE: is missing, expected because GUARDBEE_TLS_CLIENT_CERTIFICATES is required',
    ])
    assert.deepEqual(problems({ ...TLS, GUARDBEE_TLS_CLIENT_CA_FILE: 'ca.pem' }), [
      'GUARDBEE_TLS_CLIENT_CERTIFICATES: is none, expected optional or required beside GUARDBEE_TLS_CLIENT_CA_FILE',
    ])
    const both = { GUARDBEE_TLS_CLIENT_CA_FILE: 'ca.pem', GUARDBEE_TLS_CLIENT_CERTIFICATES: 'optional' }
    assert.deepEqual(problems({ ...TLS, ...both }), [])
  })

  it('encrypted listeners alone are enough, and all four off are not', () => {
    const plainOff = { GUARDBEE_MQTT_PORT: '', GUARDBEE_WS_PORT: '' }
    assert.deepEqual(problems({ ...TLS, ...plainOff }), [])
    const [problem] = problems({ ...TLS, ...plainOff, GUARDBEE_TLS_PORT: '', GUARDBEE_WSS_PORT: '' })
    assert.match(problem ?? '', /GUARDBEE_WSS_PORT: all are off/)
  })

  it('a port is not shared with another listener', () => {
    assert.deepEqual(problems({ ...TLS, GUARDBEE_TLS_PORT: '1883' }), [
      'GUARDBEE_MQTT_PORT+GUARDBEE_TLS_PORT: both are 1883, expected different ports',
    ])
    assert.deepEqual(problems({ GUARDBEE_MQTT_PORT: '8883' }), [], 'a listener that is off takes no port')
  })
})
