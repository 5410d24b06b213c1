import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, it } from 'node:test'
import { securityModelFromSettings } from '../../../src/auth/environment-security-model.ts'
import type { AuthorizationManagerModel, SecurityModel } from '../../../src/auth/security-model.ts'
import { tokenPermissions } from '../../../src/cli/token-permissions.ts'
import { readSettings } from '../../../src/config/settings.ts'
import { USERS_AND_ROLES } from '../../support/ese/security-file.ts'
import { makeTemporaryFolder } from '../../support/temporary-folder.ts'

const ISSUER = 'https://id.example'

function modelOf(...environments: readonly Readonly<Record<string, string>>[]): SecurityModel {
  const issuers = environments.map((variables, index) => {
    const environment = { GUARDBEE_JWT_ISSUER: ISSUER, ...variables }
    const { settings, problems } = readSettings(environment, { cores: 1 })
    assert(settings !== undefined, JSON.stringify(problems))
    const issuer = index === 0 ? ISSUER : `${ISSUER}/${index}`
    const none = { jwksUri: 'https://id.example/keys', audience: undefined, scope: undefined, scopeClaim: undefined }
    return { issuer, ...none, ...tokenPermissions(settings, environment) }
  })
  return securityModelFromSettings(...issuers)
}

function authorizationOf(model: SecurityModel): AuthorizationManagerModel | undefined {
  return model.pipelines[0]?.authorization
}

describe('permissions in the token by variables', () => {
  it('are off unless they are asked for', () => {
    assert.deepEqual(authorizationOf(modelOf({})), { kind: 'allow-all' })
  })

  it('are in the claim of the format, or in the one that is named', () => {
    assert.deepEqual(authorizationOf(modelOf({ GUARDBEE_JWT_PERMISSIONS: 'emqx' })), {
      kind: 'token',
      format: 'emqx',
      claim: 'acl',
    })
    const aif = { GUARDBEE_JWT_PERMISSIONS: 'aif', GUARDBEE_JWT_PERMISSIONS_CLAIM: 'mqtt.scope' }
    assert.deepEqual(authorizationOf(modelOf(aif)), { kind: 'token', format: 'aif', claim: 'mqtt.scope' })
    const rabbitmq = { GUARDBEE_JWT_PERMISSIONS: 'rabbitmq', GUARDBEE_JWT_SCOPE_PREFIX: 'r.', GUARDBEE_JWT_VHOST: 'v' }
    assert.deepEqual(authorizationOf(modelOf(rabbitmq)), {
      kind: 'token',
      format: 'rabbitmq',
      claim: 'scope',
      scopes: { prefix: 'r.', vhost: 'v', resourceType: undefined, aliases: {} },
    })
  })

  it('are roles of a realm file, which is read and checked', async context => {
    const folder = await makeTemporaryFolder()
    context.after(folder.remove)
    const file = path.join(folder.path, 'roles.xml')
    await writeFile(file, USERS_AND_ROLES)
    const variables = { GUARDBEE_JWT_PERMISSIONS: 'roles', GUARDBEE_JWT_ROLES_FILE: file }
    const model = modelOf(variables)
    assert.deepEqual(authorizationOf(model), { kind: 'token', format: 'roles', claim: 'roles', realm: file })
    assert.deepEqual(
      model.fileRealms?.map(({ name, roles }) => [name, roles.length]),
      [[file, 2]],
    )
    await writeFile(file, '<x/>')
    assert.throws(() => modelOf(variables), {
      code: 'SECURITY_FILE',
      message: /roles\.xml:1:1: expected <ese-file-realm>/,
    })
    const missing = { ...variables, GUARDBEE_JWT_ROLES_FILE: `${file}.old` }
    assert.throws(() => modelOf(missing), { code: 'SECURITY_FILE', message: /cannot be read/ })
  })

  it('belong to their issuer where issuers differ, and to all where they do not', () => {
    const emqx = { GUARDBEE_JWT_PERMISSIONS: 'emqx' }
    assert.equal(authorizationOf(modelOf(emqx, emqx))?.kind, 'token')
    assert.deepEqual(authorizationOf(modelOf(emqx, {})), {
      kind: 'by-issuer',
      issuers: [
        { issuers: [ISSUER], authorization: { kind: 'token', format: 'emqx', claim: 'acl' } },
        { issuers: [`${ISSUER}/1`], authorization: { kind: 'allow-all' } },
      ],
    })
  })
})
