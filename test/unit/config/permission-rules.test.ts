import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readSettings } from '../../../src/config/settings.ts'

function problemsOf(variables: Readonly<Record<string, string>>): readonly string[] {
  const { problems } = readSettings({ GUARDBEE_JWT_ISSUER: 'https://id.example', ...variables }, { cores: 1 })
  return problems.map(({ names, text }) => `${names.join(', ')}: ${text}`)
}

describe('permissionsFit', () => {
  it('wants the file of roles for roles', () => {
    assert.deepEqual(problemsOf({ GUARDBEE_JWT_PERMISSIONS: 'roles' }), [
      'GUARDBEE_JWT_ROLES_FILE: is missing, expected because GUARDBEE_JWT_PERMISSIONS is roles',
    ])
    assert.deepEqual(problemsOf({ GUARDBEE_JWT_PERMISSIONS: 'roles', GUARDBEE_JWT_ROLES_FILE: 'roles.xml' }), [])
  })

  it('names what has no effect', () => {
    assert.deepEqual(problemsOf({ GUARDBEE_JWT_PERMISSIONS: 'lists', GUARDBEE_JWT_PERMISSIONS_CLAIM: 'acl' }), [
      'GUARDBEE_JWT_PERMISSIONS_CLAIM: has no effect, expected GUARDBEE_JWT_PERMISSIONS to be emqx or rabbitmq or aif or roles',
    ])
    assert.deepEqual(problemsOf({ GUARDBEE_JWT_VHOST: 'v1' }), [
      'GUARDBEE_JWT_VHOST: has no effect, expected GUARDBEE_JWT_PERMISSIONS to be rabbitmq',
    ])
  })
})
