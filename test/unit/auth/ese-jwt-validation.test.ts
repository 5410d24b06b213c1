import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { readEseFile } from '../../../src/auth/ese-xml.ts'
import type { JwtValidationModel } from '../../../src/auth/security-model.ts'

const FILE = readFileSync(new URL('../../support/ese/every-element.xml', import.meta.url), 'utf8')
const ENVIRONMENT = { MQTT_AUDIENCE: 'mqtt', CLIENT_SECRET: 'secret', KEY_HOST: 'keys.example' }

function validationOf(replace: string, by: string): JwtValidationModel {
  assert.ok(FILE.includes(replace))
  const authentication = readEseFile(FILE.replace(replace, by), 'ese.xml', ENVIRONMENT).pipelines[0]?.authentication
  assert(authentication?.kind === 'jwt')
  return authentication.validation
}

describe('the jwt-validation of a security file', () => {
  const introspection = '<enable-introspection sampling="0.5">0</enable-introspection>'
  const grace = '<exp-grace disconnect-after-expiry="true">300</exp-grace>'

  it('switches introspection on with the share of the tokens, all of them unless it says otherwise', () => {
    assert.equal(validationOf(introspection, introspection).introspection, undefined)
    const sampled = validationOf(introspection, introspection.replace('>0<', '>true<'))
    assert.deepEqual(sampled.introspection, { sampling: 0.5 })
    const all = validationOf(introspection, '<enable-introspection>true</enable-introspection>')
    assert.deepEqual(all.introspection, { sampling: 1 })
  })

  it('ends connections with their token unless it says that they stay', () => {
    assert.equal(validationOf(grace, grace).staysAfterExpiry, undefined)
    const stays = validationOf(grace, grace.replace('"true"', '"false"'))
    assert.equal(stays.staysAfterExpiry, true)
    assert.equal(stays.expGraceSeconds, 300)
  })
})
