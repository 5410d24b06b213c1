import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkModel } from '../../../src/auth/checked-model.ts'
import { securityModel } from '../../support/ese/security-file.ts'

const JWT = '<jwt-authentication-manager><realm>Tokens</realm></jwt-authentication-manager>'
const FILE = '<file-authentication-manager><realm>People</realm></file-authentication-manager>'
const ALLOW_ALL = '<allow-all-authorization-manager/>'

describe('the check of a model', () => {
  it('finds nothing wrong with one that fits together', () => {
    for (const text of [JWT + ALLOW_ALL, FILE + ALLOW_ALL]) checkModel(securityModel(text))
  })

  it('finds realms that are not there', () => {
    assert.throws(() => checkModel({ ...securityModel(JWT + ALLOW_ALL), realms: [] }), { code: 'CONFIGURATION' })
    assert.throws(() => checkModel({ ...securityModel(FILE + ALLOW_ALL), fileRealms: [] }), { code: 'CONFIGURATION' })
  })

  it('finds introspection that is switched on and has no endpoint', () => {
    const model = securityModel(JWT + ALLOW_ALL)
    const [pipeline] = model.pipelines
    assert(pipeline?.authentication.kind === 'jwt')
    const validation = { ...pipeline.authentication.validation, introspection: { sampling: 1 } }
    const authentication = { ...pipeline.authentication, validation }
    const without = { ...model, pipelines: [{ ...pipeline, authentication }] }
    assert.throws(() => checkModel(without), { code: 'SECURITY_FILE', message: /no <introspection-endpoint>/ })
  })
})
