import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Authenticator } from '../../../src/auth/authenticator.ts'
import type { JsonObject } from '../../../src/auth/json-object.ts'
import { ListenerPipeline, type PipelineOutcome } from '../../../src/auth/listener-pipeline.ts'
import { hashPassword } from '../../../src/auth/password-hash.ts'
import type { PasswordVerifier } from '../../../src/auth/password-pool.ts'
import { refused } from '../../../src/auth/refusal-cause.ts'
import type { Permissions } from '../../../src/core/permissions.ts'
import { allowAllPermissions } from '../../../src/core/permissions.ts'
import type { Credentials } from '../../../src/ports/auth.ts'
import { securityModel } from '../../support/ese/security-file.ts'
import { RecordingLog } from '../../support/recording-log.ts'

const JWT = '<jwt-authentication-manager><realm>Tokens</realm></jwt-authentication-manager>'
const FILE = '<file-authentication-manager><realm>People</realm></file-authentication-manager>'
const OPEN = '<allow-all-authentication-manager/>'
const ALLOW_ALL = '<allow-all-authorization-manager/>'
const FILE_PERMISSIONS = '<file-authorization-manager><realm>People</realm></file-authorization-manager>'
const ACL = '<guardbee:token-authorization-manager><format>emqx</format></guardbee:token-authorization-manager>'
const ROLES =
  '<guardbee:token-authorization-manager><format>roles</format><realm>People</realm></guardbee:token-authorization-manager>'

const CREDENTIALS: Credentials = {
  listener: { name: 'tcp-listener-1883', transport: 'tcp', port: 1883 },
  remoteAddress: '127.0.0.1',
  clientId: 'c1',
  username: 'plain',
  password: Buffer.from('in the clear'),
  authenticationMethod: undefined,
  authenticationData: undefined,
}

const passwords: PasswordVerifier = {
  async verify(password, { algorithm, hash, salt, iterations }) {
    const found = hashPassword({ password, algorithm, salt: Buffer.from(salt, 'base64'), iterations })
    return found.equals(Buffer.from(hash, 'base64')) ? 'right' : 'wrong'
  },
}

/** A realm whose tokens are their claims, in JSON. */
const tokens: Authenticator = {
  authenticate({ password }) {
    if (password?.toString().startsWith('{') !== true) return refused('token_malformed')
    const claims: JsonObject = JSON.parse(password.toString())
    return { kind: 'authenticated', owner: 'token', expiresAtMs: 1234, claims }
  },
}

const log = new RecordingLog()

async function run(text: string, fields: Partial<Credentials> = {}): Promise<PipelineOutcome> {
  const model = securityModel(text)
  const [pipeline] = model.pipelines
  assert(pipeline !== undefined)
  const parts = { model, jwtAuthenticator: () => tokens, passwords }
  return new ListenerPipeline(pipeline, parts, log).run({ ...CREDENTIALS, ...fields }, 'all')
}

function token(claims: JsonObject): Partial<Credentials> {
  return { password: Buffer.from(JSON.stringify(claims)) }
}

async function admitted(text: string, fields: Partial<Credentials> = {}): Promise<Permissions> {
  const outcome = await run(text, fields)
  assert(outcome.kind === 'admitted', JSON.stringify(outcome))
  return outcome.ticket.permissions
}

async function refusal(text: string, fields: Partial<Credentials> = {}): Promise<readonly unknown[]> {
  const outcome = await run(text, fields)
  assert(outcome.kind !== 'admitted')
  return [outcome.kind, outcome.refusal.cause]
}

describe('ListenerPipeline', () => {
  it('lets a user of a realm file in with the permissions that stand there', async () => {
    const permissions = await admitted(FILE + FILE_PERMISSIONS)
    assert.equal(permissions.mayPublish('plants/c1/x', 2, true), true)
    assert.equal(permissions.mayPublish('plants/c2/x', 2, true), false)
    assert.equal(permissions.maySubscribe('plants/c1/#', 0, 'readers'), true)
    assert.deepEqual(
      permissions.list.map(({ topicFilter }) => topicFilter),
      ['plants/c1/#'],
    )
  })

  it('refuses a client whose id or name would reach past its own topics', async () => {
    for (const clientId of ['+', '#', 'a/b', 'a\0']) {
      assert.deepEqual(await refusal(FILE + FILE_PERMISSIONS, { clientId }), ['unauthorized', 'unsafe_placeholder'])
    }
    const hashed = { username: 'hashed', password: Buffer.from('mqtt-password-2'), clientId: '+' }
    assert.equal((await admitted(FILE + FILE_PERMISSIONS, hashed)).maySubscribe('down/hashed', 1, 'g'), true)
  })

  it('lets a known user in who may do nothing, and refuses one that no manager knows', async () => {
    const user = { username: 'hexadecimal', password: Buffer.from('secret') }
    assert.deepEqual((await admitted(FILE + FILE_PERMISSIONS, user)).list, [])
    assert.deepEqual(await refusal(OPEN + FILE_PERMISSIONS, { username: 'nobody' }), [
      'unauthorized',
      'unknown_authorization_key',
    ])
    assert.deepEqual(await refusal(FILE + ALLOW_ALL, { password: undefined }), [
      'unauthenticated',
      'wrong_authentication_secret',
    ])
  })

  it('authorizes the subject of a token, never the user name that came with it', async () => {
    const asPlain = { ...token({ sub: 'nobody' }), username: 'plain' }
    assert.deepEqual(await refusal(JWT + FILE_PERMISSIONS, asPlain), ['unauthorized', 'unknown_authorization_key'])
    const permissions = await admitted(JWT + FILE_PERMISSIONS, { ...token({ sub: 'plain' }), username: 'x' })
    assert.equal(permissions.mayPublish('plants/c1/x', 0, false), true)
  })

  it('takes roles from the token, by a preprocessor or by our own manager', async () => {
    const preprocessors =
      '<authorization-preprocessors><jwt-preprocessor><source>authentication-byte-secret</source><jwt-extractions>' +
      '<jwt-extraction><jwt-claim>roles</jwt-claim><ese-variable>authorization-role-key</ese-variable></jwt-extraction>' +
      '</jwt-extractions></jwt-preprocessor></authorization-preprocessors>'
    const fields = token({ sub: 's', roles: ['publisher', 'other'] })
    for (const text of [JWT + preprocessors + FILE_PERMISSIONS, JWT + ROLES]) {
      const permissions = await admitted(text, fields)
      assert.deepEqual(
        permissions.list.map(({ from }) => from),
        ['publisher'],
      )
      assert.equal(permissions.mayPublish('up/1', 0, false), true)
    }
    assert.equal((await admitted(JWT + ROLES, token({ roles: 'reader publisher' }))).list.length, 1)
    for (const claims of [{}, { roles: [] }, { roles: ['other'] }, { roles: { publisher: true } }]) {
      assert.deepEqual(await refusal(JWT + ROLES, token(claims)), ['unauthorized', 'unknown_authorization_key'])
    }
  })

  it('takes permissions from the token, and refuses those that it does not understand', async () => {
    const permissions = await admitted(JWT + ACL, token({ acl: { pub: ['t/${clientid}'] } }))
    assert.equal(permissions.mayPublish('t/c1', 0, false), true)
    assert.equal(permissions.mayPublish('t/c2', 0, false), false)
    assert.deepEqual(await refusal(JWT + ACL, token({ acl: 7 })), ['unauthorized', 'malformed_permissions'])
    assert.deepEqual(await refusal(JWT + ACL, token({})), ['unauthorized', 'unknown_authorization_key'])
  })

  it('refuses a denial with a placeholder that has no value', async () => {
    const acl = [
      { permission: 'deny', action: 'all', topic: 't/${username}' },
      { permission: 'allow', action: 'all', topic: '#' },
    ]
    assert.deepEqual(await refusal(JWT + ACL, { ...token({ acl }), username: undefined }), [
      'unauthorized',
      'unsafe_placeholder',
    ])
  })

  it('gives the managers what the preprocessors have set', async () => {
    const preprocessors =
      '<authentication-preprocessors>' +
      '<copy-string-to-string-preprocessor><from>mqtt-clientid</from><to>authentication-key</to></copy-string-to-string-preprocessor>' +
      '<copy-string-to-byte-preprocessor><from>mqtt-username</from><to>authentication-byte-secret</to></copy-string-to-byte-preprocessor>' +
      '</authentication-preprocessors>'
    const outcome = await run(preprocessors + FILE + ALLOW_ALL, { clientId: 'plain', username: 'in the clear' })
    assert(outcome.kind === 'admitted')
    assert.deepEqual(outcome.ticket.identity, { owner: '{"realm":"People","user":"plain"}', expiresAtMs: undefined })
    assert.equal(outcome.ticket.permissions, allowAllPermissions)
  })

  it('keeps the authorization key that a preprocessor has set', async () => {
    const preprocessors =
      '<authorization-preprocessors><set-string-preprocessor><variable>authorization-key</variable>' +
      '<value>known-by-name-only</value></set-string-preprocessor></authorization-preprocessors>'
    assert.equal((await admitted(FILE + preprocessors + FILE_PERMISSIONS)).mayPublish('up/1', 0, false), true)
  })

  it('lets whom the first manager of a chain does not know try the next', async () => {
    const chain =
      '<chain-authentication-manager><strategy>check-next-on-unknown-authentication-key</strategy>' +
      `<chain>${JWT}${FILE}</chain></chain-authentication-manager>`
    assert.equal((await run(chain + ALLOW_ALL)).kind, 'admitted')
    assert.equal((await run(chain + ALLOW_ALL, token({ sub: 's' }))).kind, 'admitted')
    assert.deepEqual(await refusal(chain + ALLOW_ALL, { password: Buffer.from('no') }), [
      'unauthenticated',
      'wrong_authentication_secret',
    ])
  })

  it('takes the token of an Authentication Method for the secret', async () => {
    const outcome = await run(JWT + ALLOW_ALL, {
      password: undefined,
      authenticationMethod: 'JWT',
      authenticationData: Buffer.from('{"sub":"s"}'),
    })
    assert.equal(outcome.kind, 'admitted')
  })

  it('turns an error of a preprocessor into a refusal and logs it', async () => {
    const clientCertificate = { der: Buffer.from('no certificate'), thumbprint: '' }
    const preprocessors =
      '<authentication-preprocessors><x509-preprocessor><x509-extractions><x509-extraction>' +
      '<x509-field>serial-number</x509-field><ese-variable>authentication-key</ese-variable>' +
      '</x509-extraction></x509-extractions></x509-preprocessor></authentication-preprocessors>'
    assert.deepEqual(await refusal(preprocessors + FILE + ALLOW_ALL, { clientCertificate }), [
      'unauthenticated',
      'internal',
    ])
    assert.equal(log.entries.at(-1)?.level, 'error')
  })

  it('turns an error of a manager into a refusal and logs it', async () => {
    const model = securityModel(JWT + ALLOW_ALL)
    const [pipeline] = model.pipelines
    assert(pipeline !== undefined)
    const fault = new Error('out of luck')
    const broken: Authenticator = { authenticate: () => Promise.reject(fault) }
    const faulty = new RecordingLog()
    const outcome = await new ListenerPipeline(
      pipeline,
      { model, jwtAuthenticator: () => broken, passwords },
      faulty,
    ).run(CREDENTIALS, 'all')
    assert(outcome.kind === 'unauthenticated')
    assert.equal(outcome.refusal.cause, 'internal')
    assert.equal(faulty.entries[0]?.error, fault)
  })
})
