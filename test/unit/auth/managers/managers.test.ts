import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AuthenticationOutcome, Authenticator } from '../../../../src/auth/authenticator.ts'
import { EseVariables } from '../../../../src/auth/ese-variables.ts'
import type { AuthorizationOutcome, Authorizer } from '../../../../src/auth/managers/authorizer.ts'
import { ChainAuthenticator } from '../../../../src/auth/managers/chain-authenticator.ts'
import { ChainAuthorizer } from '../../../../src/auth/managers/chain-authorizer.ts'
import { FileAuthenticator } from '../../../../src/auth/managers/file-authenticator.ts'
import { FileAuthorizer } from '../../../../src/auth/managers/file-authorizer.ts'
import type { JsonObject } from '../../../../src/auth/json-object.ts'
import { IssuerAuthorizer } from '../../../../src/auth/managers/issuer-authorizer.ts'
import { hashPassword } from '../../../../src/auth/password-hash.ts'
import type { PasswordVerifier } from '../../../../src/auth/password-pool.ts'
import { refused } from '../../../../src/auth/refusal-cause.ts'
import type { RefusalCause } from '../../../../src/auth/refusal-cause.ts'
import { ALLOW_ALL } from '../../../../src/core/permissions.ts'
import type { Credentials } from '../../../../src/ports/auth.ts'
import { peopleRealm } from '../../../support/ese/security-file.ts'

const CREDENTIALS: Credentials = {
  listener: { name: 'tcp-listener-1883', transport: 'tcp', port: 1883 },
  remoteAddress: '127.0.0.1',
  clientId: 'c1',
  username: undefined,
  password: undefined,
  authenticationMethod: undefined,
  authenticationData: undefined,
}

/** Hashes where it stands. */
const passwords: PasswordVerifier = {
  async verify(password, { algorithm, hash, salt, iterations }) {
    const found = hashPassword({ password, algorithm, salt: Buffer.from(salt, 'base64'), iterations })
    return found.equals(Buffer.from(hash, 'base64')) ? 'right' : 'wrong'
  },
}

describe('FileAuthenticator', () => {
  const manager = new FileAuthenticator(peopleRealm(), passwords)
  const attempt = (key: string | undefined, password: string | undefined): Promise<AuthenticationOutcome> =>
    manager.authenticate({ ...CREDENTIALS, key, password: password === undefined ? undefined : Buffer.from(password) })

  it('knows a user by its key and password, however the password is stored', async () => {
    for (const [index, [key, password]] of (
      [
        ['plain', 'in the clear'],
        ['hashed', 'mqtt-password-2'],
        ['hexadecimal', 'secret'],
      ] as const
    ).entries()) {
      assert.deepEqual(await attempt(key, password), {
        kind: 'authenticated',
        owner: `{"realm":"People","user":"${key}"}`,
        expiresAtMs: undefined,
        authorizationKey: key,
        user: { realm: 'People', name: key, password: peopleRealm().users[index]?.password },
      })
    }
  })

  it('tells a user that is not known from a wrong password', async () => {
    const causes: unknown[] = []
    for (const [key, password] of [
      ['nobody', 'in the clear'],
      [undefined, 'in the clear'],
      ['plain', 'wrong'],
      ['plain', undefined],
      ['plain', ''],
      ['known-by-name-only', ''],
    ] as const) {
      const outcome = await attempt(key, password)
      causes.push(outcome.kind === 'refused' ? outcome.cause : outcome.kind)
    }
    const wrong = 'wrong_authentication_secret'
    const unknown = 'unknown_authentication_key'
    assert.deepEqual(causes, [unknown, unknown, wrong, wrong, wrong, wrong])
  })

  it('says that it is overloaded instead of making more wait', async () => {
    const busy = new FileAuthenticator(peopleRealm(), { verify: async () => 'overloaded' })
    const outcome = await busy.authenticate({ ...CREDENTIALS, key: 'plain', password: Buffer.from('x') })
    assert.deepEqual(outcome, refused('overloaded'))
  })
})

describe('ChainAuthenticator', () => {
  const admitted: AuthenticationOutcome = { kind: 'authenticated', owner: 'o', expiresAtMs: undefined }
  const known: Authenticator = { authenticate: () => admitted }
  const refusing = (cause: RefusalCause): Authenticator => ({ authenticate: () => refused(cause) })
  const never: Authenticator = { authenticate: () => assert.fail('the next manager was asked') }
  const causeOf = (outcome: AuthenticationOutcome): string =>
    outcome.kind === 'refused' ? outcome.cause : outcome.kind

  it('asks the next manager when the key is not known, and of a token when it is not of this realm', async () => {
    const unknowns = ['unknown_authentication_key', 'no_token', 'token_malformed', 'issuer', 'unknown_kid'] as const
    for (const cause of unknowns) {
      const chain = new ChainAuthenticator('unknown-key', [refusing(cause), known])
      assert.equal(await chain.authenticate(CREDENTIALS), admitted, cause)
    }
  })

  it('asks the next one after a wrong secret only where that is the strategy', async () => {
    for (const cause of ['wrong_authentication_secret', 'token_expired', 'bad_signature'] as const) {
      const strict = new ChainAuthenticator('unknown-key', [refusing(cause), never])
      assert.equal(causeOf(await strict.authenticate(CREDENTIALS)), cause)
      const lenient = new ChainAuthenticator('unknown-key-or-wrong-secret', [refusing(cause), known])
      assert.equal(await lenient.authenticate(CREDENTIALS), admitted)
    }
  })

  it('hands no client on while a realm cannot answer', async () => {
    for (const cause of ['keys_unavailable', 'overloaded', 'internal'] as const) {
      const chain = new ChainAuthenticator('unknown-key-or-wrong-secret', [refusing(cause), never])
      assert.equal(causeOf(await chain.authenticate(CREDENTIALS)), cause)
    }
  })

  it('names the refusal of the manager that knew the client', async () => {
    const chain = new ChainAuthenticator('unknown-key-or-wrong-secret', [
      refusing('token_malformed'),
      refusing('wrong_authentication_secret'),
      refusing('unknown_authentication_key'),
    ])
    assert.equal(causeOf(await chain.authenticate(CREDENTIALS)), 'wrong_authentication_secret')
  })

  it('takes a chain as one of its managers, and refuses everyone without any', async () => {
    const inner = new ChainAuthenticator('unknown-key', [refusing('no_token'), refusing('unknown_authentication_key')])
    const outer = new ChainAuthenticator('unknown-key', [inner, known])
    assert.equal(await outer.authenticate(CREDENTIALS), admitted)
    const empty = new ChainAuthenticator('unknown-key', [])
    assert.equal(causeOf(await empty.authenticate(CREDENTIALS)), 'unknown_authentication_key')
  })
})

describe('FileAuthorizer', () => {
  function topicsOf(key: string | undefined, roleKey: string | undefined, flags = [true, true]): unknown {
    const [useAuthorizationKey = true, useAuthorizationRoleKey = true] = flags
    const manager = new FileAuthorizer(peopleRealm(), { useAuthorizationKey, useAuthorizationRoleKey })
    const variables = new EseVariables(CREDENTIALS)
    variables.setString('authorization-key', key, false)
    variables.setString('authorization-role-key', roleKey, false)
    const outcome = manager.authorize({ credentials: CREDENTIALS, variables, claims: undefined })
    return outcome.kind === 'known' ? outcome.permissions.map(({ topicFilter }) => topicFilter) : outcome.kind
  }

  it('gives a user its own permissions and those of its roles', () => {
    assert.deepEqual(topicsOf('plain', undefined), ['plants/${mqtt-clientid}/#'])
    assert.deepEqual(topicsOf('hashed', undefined), ['up/#', 'down/${mqtt-username}'])
    assert.deepEqual(topicsOf('hexadecimal', undefined), [])
  })

  it('gives the roles of the role key, each once', () => {
    assert.deepEqual(topicsOf(undefined, '{{subscriber}}{{publisher}}'), ['down/${mqtt-username}', 'up/#'])
    assert.deepEqual(topicsOf(undefined, 'publisher'), ['up/#'])
    assert.deepEqual(topicsOf('known-by-name-only', '{{publisher}}{{publisher}}{{other}}'), ['up/#'])
  })

  it('knows nobody by keys that are not in the file', () => {
    assert.equal(topicsOf('nobody', '{{nothing}}'), 'unknown')
    assert.equal(topicsOf(undefined, undefined), 'unknown')
    assert.equal(topicsOf(undefined, ''), 'unknown')
  })

  it('looks up only the keys that it is told to', () => {
    assert.equal(topicsOf('hashed', undefined, [false, true]), 'unknown')
    assert.equal(topicsOf(undefined, 'publisher', [true, false]), 'unknown')
    assert.deepEqual(topicsOf('plain', 'publisher', [false, true]), ['up/#'])
  })
})

describe('ChainAuthorizer', () => {
  const one = { ...ALLOW_ALL, topicFilter: 'one' }
  const two = { ...ALLOW_ALL, topicFilter: 'two' }
  const unknown: AuthorizationOutcome = { kind: 'unknown' }
  const empty: AuthorizationOutcome = { kind: 'known', permissions: [] }
  const saying = (outcome: AuthorizationOutcome): Authorizer => ({ authorize: () => outcome })
  const asked = (
    strategy: 'unknown-keys' | 'unknown-keys-or-empty' | 'merge',
    ...outcomes: readonly AuthorizationOutcome[]
  ): AuthorizationOutcome => {
    const request = { credentials: CREDENTIALS, variables: new EseVariables(CREDENTIALS), claims: undefined }
    return new ChainAuthorizer(strategy, outcomes.map(saying)).authorize(request)
  }
  const granting = (...permissions: readonly (typeof one)[]): AuthorizationOutcome => ({ kind: 'known', permissions })

  it('takes the first that knows the keys', () => {
    assert.deepEqual(asked('unknown-keys', unknown, granting(one), granting(two)), granting(one))
    assert.deepEqual(asked('unknown-keys', empty, granting(two)), empty)
  })

  it('goes on past empty permissions where that is the strategy', () => {
    assert.deepEqual(asked('unknown-keys-or-empty', unknown, empty, granting(two)), granting(two))
    assert.deepEqual(asked('unknown-keys-or-empty', unknown, empty), empty)
  })

  it('joins all permissions in the order of the chain', () => {
    assert.deepEqual(asked('merge', granting(one), unknown, granting(two)), granting(one, two))
  })

  it('knows nobody whom none of them knows', () => {
    for (const strategy of ['unknown-keys', 'unknown-keys-or-empty', 'merge'] as const) {
      assert.deepEqual(asked(strategy, unknown, unknown), unknown)
    }
  })

  it('passes over no permissions that are not understood', () => {
    const refusal = refused('malformed_permissions')
    assert.equal(asked('merge', granting(one), refusal, granting(two)), refusal)
    assert.equal(asked('unknown-keys', refusal, granting(two)), refusal)
  })
})

describe('IssuerAuthorizer', () => {
  it('lets the issuer of the token decide', () => {
    const known: AuthorizationOutcome = { kind: 'known', permissions: [ALLOW_ALL] }
    const manager = new IssuerAuthorizer([{ issuers: ['https://a', 'a'], authorizer: { authorize: () => known } }])
    const asked = (claims: JsonObject | undefined): string =>
      manager.authorize({ credentials: CREDENTIALS, variables: new EseVariables(CREDENTIALS), claims }).kind
    assert.deepEqual([{ iss: 'https://a' }, { iss: 'a' }, { iss: 'b' }, {}, undefined].map(asked), [
      'known',
      'known',
      'unknown',
      'unknown',
      'unknown',
    ])
  })
})
