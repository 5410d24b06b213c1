import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { readEseFile } from '../../../src/auth/ese-xml.ts'
import { DEFAULT_ACCESS_LOG } from '../../../src/auth/security-model.ts'

const TUTORIAL = readFileSync(new URL('../../support/ese/okta-tutorial.xml', import.meta.url), 'utf8')
const EVERY_ELEMENT = readFileSync(new URL('../../support/ese/every-element.xml', import.meta.url), 'utf8')
const ENVIRONMENT = { MQTT_AUDIENCE: 'HiveMQ', KEY_HOST: 'keys.example', CLIENT_SECRET: ' <a> ${b} ' }

const filledIn = TUTORIAL.replaceAll('[OKTA DOMAIN]', 'https://dev.okta.example')
  .replace('[OKTA CLIENT ID]', 'broker-client')
  .replace('[OKTA CLIENT SECRET]', 'broker-secret')

describe('readEseFile', () => {
  it('reads the file of the tutorial with only its endpoints filled in', () => {
    assert.deepEqual(readEseFile(filledIn, 'ese.xml', {}), {
      realms: [
        {
          kind: 'jwt',
          name: 'Okta',
          jwksUri: 'https://dev.okta.example/oauth2/default/v1/keys',
          jwksDefaultCacheSeconds: 1800,
          introspection: {
            endpoint: 'https://dev.okta.example/oauth2/default/v1/introspect',
            username: 'broker-client',
            password: 'broker-secret',
          },
        },
      ],
      pipelines: [
        {
          name: 'okta-pipeline',
          listener: 'ALL',
          authentication: {
            kind: 'jwt',
            realm: 'Okta',
            validation: {
              expGraceSeconds: 0,
              audience: 'HiveMQ',
              subject: undefined,
              issuers: [],
              scope: { required: ['mqtt'], claim: 'scp' },
              customClaims: [],
            },
          },
          authorization: { kind: 'allow-all' },
        },
      ],
      accessLog: DEFAULT_ACCESS_LOG,
    })
  })

  it('reads every supported element in any order the schema allows', () => {
    assert.deepEqual(readEseFile(EVERY_ELEMENT, 'ese.xml', ENVIRONMENT), {
      realms: [
        {
          kind: 'jwt',
          name: 'Keycloak',
          jwksUri: 'https://keys.example/keys?a=1&b=2',
          jwksDefaultCacheSeconds: 600,
          introspection: {
            endpoint: 'http://[::1]:9000/introspect',
            username: 'broker',
            password: ENVIRONMENT.CLIENT_SECRET,
          },
        },
      ],
      pipelines: [
        {
          name: 'tcp-listener-1883',
          listener: 'tcp-listener-1883',
          authentication: {
            kind: 'jwt',
            realm: 'Keycloak',
            validation: {
              expGraceSeconds: 300,
              audience: 'HiveMQ',
              subject: '${mqtt-username}',
              issuers: ['https://one.example', 'https://two.example/'],
              scope: { required: ['publish', 'subscribe'], claim: 'scope' },
              customClaims: [
                { name: 'externalId', value: '${mqtt-clientid}' },
                { name: 'plant', value: 'Werk <7> & Söhne' },
              ],
            },
          },
          authorization: { kind: 'allow-all' },
        },
        {
          name: 'lab',
          listener: 'ALL',
          authentication: { kind: 'allow-all' },
          authorization: { kind: 'allow-all' },
        },
      ],
      accessLog: { enabled: true, subFolder: 'security/door', fileName: 'visitors', writeThrough: true },
    })
  })

  it('reads the older spellings of renamed elements like the newer ones', () => {
    const older = EVERY_ELEMENT.replaceAll('jwks-default-cache-duration', 'jwks-cache-duration')
      .replace('<username>', '<user-name>')
      .replace('</username>', '</user-name>')
    assert.notEqual(older, EVERY_ELEMENT)
    assert.deepEqual(readEseFile(older, 'ese.xml', ENVIRONMENT), readEseFile(EVERY_ELEMENT, 'ese.xml', ENVIRONMENT))
  })

  it('checks no claims when jwt-validation is left out', () => {
    const lenient = filledIn.replace(/<jwt-validation>[^]*<\/jwt-validation>/, '')
    assert.deepEqual(readEseFile(lenient, 'ese.xml', {}).pipelines[0]?.authentication, {
      kind: 'jwt',
      realm: 'Okta',
      validation: {
        expGraceSeconds: 0,
        audience: undefined,
        subject: undefined,
        issuers: [],
        scope: undefined,
        customClaims: [],
      },
    })
  })

  it('needs no realms when no pipeline refers to one', () => {
    const open =
      '<enterprise-security-extension><pipelines><listener-pipeline listener="ALL">' +
      '<allow-all-authentication-manager/><allow-all-authorization-manager/>' +
      '</listener-pipeline></pipelines></enterprise-security-extension>'
    assert.deepEqual(readEseFile(open, 'ese.xml', {}).realms, [])
  })

  it('reads a file with a byte order mark and Windows line ends', () => {
    const windows = `\uFEFF${filledIn.replaceAll('\n', '\r\n')}`
    assert.deepEqual(readEseFile(windows, 'ese.xml', {}), readEseFile(filledIn, 'ese.xml', {}))
  })
})
