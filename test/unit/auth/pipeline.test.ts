import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AccessLog } from '../../../src/auth/access-log.ts'
import type { AuthenticationOutcome, Authenticator } from '../../../src/auth/authenticator.ts'
import type { PasswordVerifier } from '../../../src/auth/password-pool.ts'
import { ListenerPipelines } from '../../../src/auth/pipeline.ts'
import { refused } from '../../../src/auth/refusal-cause.ts'
import { DEFAULT_ACCESS_LOG } from '../../../src/auth/security-model.ts'
import type { JwtRealmModel, ListenerPipelineModel, SecurityModel } from '../../../src/auth/security-model.ts'
import { allowAllPermissions } from '../../../src/core/permissions.ts'
import type { Credentials } from '../../../src/ports/auth.ts'
import type { ListenerIdentity } from '../../../src/ports/connection.ts'
import { FakeClock, FakeRandom } from '../../support/fake-clock.ts'
import { RecordingLog } from '../../support/recording-log.ts'

const TCP: ListenerIdentity = { name: 'tcp-listener-1883', transport: 'tcp', port: 1883 }
const WEBSOCKET: ListenerIdentity = { name: 'websocket-listener-8083', transport: 'websocket', port: 8083 }

const REALM: JwtRealmModel = {
  kind: 'jwt',
  name: 'Okta',
  jwksUri: 'https://id.example/keys',
  jwksDefaultCacheSeconds: 1800,
  introspection: undefined,
}

const VALIDATION = {
  expGraceSeconds: 0,
  audience: undefined,
  subject: undefined,
  issuers: [],
  scope: undefined,
  customClaims: [],
}

const CREDENTIALS: Credentials = {
  listener: TCP,
  remoteAddress: '127.0.0.1',
  clientId: 'client',
  username: 'user',
  password: Buffer.from('eyJhbGciOiJub25lIn0.e30.'),
  authenticationMethod: undefined,
  authenticationData: undefined,
}

const ADMITTED: AuthenticationOutcome = { kind: 'authenticated', owner: 'iss|sub', expiresAtMs: 1234 }

function jwtPipeline(listener: string, audience?: string): ListenerPipelineModel {
  return {
    name: `${listener}-pipeline`,
    listener,
    authentication: { kind: 'jwt', realm: 'Okta', validation: { ...VALIDATION, audience } },
    authorization: { kind: 'allow-all' },
  }
}

function openPipeline(listener: string): ListenerPipelineModel {
  return { ...jwtPipeline(listener), authentication: { kind: 'allow-all' } }
}

class RecordingAccessLog implements AccessLog {
  readonly lines: string[] = []

  authenticationSucceeded(clientId: string, ip: string): void {
    this.lines.push(`authentication-succeeded ${clientId} ${ip}`)
  }

  authenticationFailed(clientId: string, ip: string, reason: string): void {
    this.lines.push(`authentication-failed ${clientId} ${ip} ${reason}`)
  }

  authorizationSucceeded(clientId: string, ip: string, permissions: readonly unknown[]): void {
    this.lines.push(`authorization-succeeded ${clientId} ${ip} ${permissions.length}`)
  }

  authorizationFailed(clientId: string, ip: string, reason: string): void {
    this.lines.push(`authorization-failed ${clientId} ${ip} ${reason}`)
  }

  reopen(): void {}

  async close(): Promise<void> {}
}

const noPasswords: PasswordVerifier = { verify: () => assert.fail('no password is compared') }

interface Setup {
  readonly door: ListenerPipelines
  readonly log: RecordingLog
  readonly accessLog: RecordingAccessLog
}

/** A door whose JWT realm answers as `authenticate` does. */
function setUp(
  pipelines: readonly ListenerPipelineModel[],
  authenticate: Authenticator['authenticate'] = () => ADMITTED,
): Setup {
  const model: SecurityModel = { realms: [REALM], pipelines, accessLog: DEFAULT_ACCESS_LOG }
  const log = new RecordingLog()
  const accessLog = new RecordingAccessLog()
  const door = new ListenerPipelines({
    model,
    jwtAuthenticator: () => ({ authenticate }),
    passwords: noPasswords,
    accessLog,
    log,
    random: new FakeRandom(1),
    clock: new FakeClock(),
  })
  return { door, log, accessLog }
}

describe('ListenerPipelines', () => {
  it('lets a client in whom the realm knows, with all permissions', async () => {
    const { door, log, accessLog } = setUp([jwtPipeline('ALL')], async () => ADMITTED)
    const admission = await door.admit(CREDENTIALS)
    assert(admission.kind === 'admitted')
    const { owner, expiresAtMs } = admission.identity
    assert.deepEqual([owner, expiresAtMs], ['iss|sub', 1234])
    assert.equal(admission.permissions, allowAllPermissions)
    assert.deepEqual(accessLog.lines, [
      'authentication-succeeded client 127.0.0.1',
      'authorization-succeeded client 127.0.0.1 1',
    ])
    assert.deepEqual(log.entries, [])
  })

  it('lets anyone in where authentication is allow-all, as nobody in particular', async () => {
    const { door } = setUp([openPipeline('ALL')], () => assert.fail('no realm is asked'))
    const admission = await door.admit({ ...CREDENTIALS, username: undefined, password: undefined })
    assert(admission.kind === 'admitted')
    const { owner, expiresAtMs } = admission.identity
    assert.deepEqual([owner, expiresAtMs], ['', undefined])
  })

  it('prefers the pipeline that names the listener to that for all, wherever it stands', async () => {
    const refuseAll: Authenticator['authenticate'] = () => refused('bad_signature')
    for (const pipelines of [
      [jwtPipeline('ALL'), openPipeline(TCP.name)],
      [openPipeline(TCP.name), jwtPipeline('ALL')],
    ]) {
      const { door } = setUp(pipelines, refuseAll)
      assert.equal((await door.admit(CREDENTIALS)).kind, 'admitted')
      assert.equal((await door.admit({ ...CREDENTIALS, listener: WEBSOCKET })).kind, 'refused')
    }
  })

  it('gives each pipeline an authenticator of its own realm and rules', () => {
    const made: unknown[] = []
    const pipelines = [jwtPipeline('ALL', 'everyone'), openPipeline('x'), jwtPipeline(TCP.name, 'machines')]
    new ListenerPipelines({
      model: { realms: [REALM], pipelines, accessLog: DEFAULT_ACCESS_LOG },
      jwtAuthenticator: (realm, { audience }) => {
        made.push([realm.name, audience])
        return { authenticate: () => ADMITTED }
      },
      passwords: noPasswords,
      accessLog: new RecordingAccessLog(),
      log: new RecordingLog(),
      random: new FakeRandom(1),
      clock: new FakeClock(),
    })
    assert.deepEqual(made, [
      ['Okta', 'everyone'],
      ['Okta', 'machines'],
    ])
  })

  it('refuses a client with one line in each log, which share the reference and hold no credential', async () => {
    const outcome = refused('audience', { of: 'aud', expected: 'HiveMQ', found: 'api', cause: 'not this' })
    const { door, log, accessLog } = setUp([jwtPipeline('ALL')], () => outcome)
    const admission = await door.admit({ ...CREDENTIALS, clientId: 'x'.repeat(60_000) })
    assert(admission.kind === 'refused')
    assert.match(admission.reference, /^[0-9A-Z]{4}-[0-9A-Z]{2}$/)
    assert.deepEqual(admission, {
      kind: 'refused',
      reasonCode: 0x87,
      cause: 'audience',
      reference: admission.reference,
    })
    assert.deepEqual(log.entries, [
      {
        level: 'info',
        event: 'client refused',
        fields: {
          of: 'aud',
          expected: 'HiveMQ',
          found: 'api',
          clientId: `${'x'.repeat(1024)}…`,
          peer: '127.0.0.1',
          listener: 'tcp-listener-1883',
          pipeline: 'ALL-pipeline',
          cause: 'audience',
          reference: admission.reference,
        },
      },
    ])
    assert.equal(accessLog.lines.length, 1)
    assert.match(accessLog.lines[0] ?? '', / unknown authentication key or wrong authentication secret$/)
  })

  it('says 0x87 of every fault of a token and of none at all, and 0x88 of our own faults', async () => {
    const codes = [
      ['no_token', 0x87],
      ['token_expired', 0x87],
      ['bad_signature', 0x87],
      ['unknown_kid', 0x87],
      ['keys_unavailable', 0x88],
      ['key_not_asked_for', 0x88],
      ['overloaded', 0x88],
      ['internal', 0x88],
    ] as const
    for (const [cause, reasonCode] of codes) {
      const { door } = setUp([jwtPipeline('ALL')], () => refused(cause))
      const admission = await door.admit(CREDENTIALS)
      assert(admission.kind === 'refused')
      assert.equal(admission.reasonCode, reasonCode, cause)
    }
  })

  it('says of a client without permissions that it was authenticated and not authorized', async () => {
    const pipeline: ListenerPipelineModel = {
      ...jwtPipeline('ALL'),
      authorization: { kind: 'token', format: 'emqx', claim: 'acl' },
    }
    const { door, accessLog } = setUp([pipeline])
    const admission = await door.admit(CREDENTIALS)
    assert(admission.kind === 'refused')
    assert.deepEqual([admission.cause, admission.reasonCode], ['unknown_authorization_key', 0x87])
    assert.deepEqual(accessLog.lines, [
      'authentication-succeeded client 127.0.0.1',
      'authorization-failed client 127.0.0.1 no permissions for the authorization keys',
    ])
  })

  it('takes a token by an Authentication Method only where tokens let clients in', async () => {
    const method = { ...CREDENTIALS, authenticationMethod: 'JWT', authenticationData: Buffer.from('x') }
    assert.equal((await setUp([jwtPipeline('ALL')]).door.admit(method)).kind, 'admitted')
    const refusal = await setUp([openPipeline('ALL')]).door.admit(method)
    assert.equal(refusal.kind === 'refused' && refusal.reasonCode, 0x8c)
  })

  it('refuses an authentication method without asking the realm', async () => {
    const { door, log } = setUp([openPipeline('ALL')], () => assert.fail('no realm is asked'))
    const admission = await door.admit({ ...CREDENTIALS, authenticationMethod: 'SCRAM-SHA-1' })
    assert(admission.kind === 'refused')
    assert.equal(admission.reasonCode, 0x8c)
    assert.equal(admission.cause, 'authentication_method')
    assert.equal(log.entries[0]?.fields?.['method'], 'SCRAM-SHA-1')
  })

  it('turns an error into a refusal and logs it', async () => {
    const fault = new Error('out of luck')
    const throwing: Authenticator['authenticate'] = () => {
      throw fault
    }
    for (const authenticate of [throwing, () => Promise.reject(fault)]) {
      const { door, log, accessLog } = setUp([jwtPipeline('ALL')], authenticate)
      const admission = await door.admit(CREDENTIALS)
      assert(admission.kind === 'refused')
      assert.deepEqual([admission.cause, admission.reasonCode], ['internal', 0x88])
      assert.deepEqual(
        log.entries.map(({ level, error }) => [level, error]),
        [
          ['error', fault],
          ['info', undefined],
        ],
      )
      assert.equal(accessLog.lines.length, 1)
    }
  })

  it('lets nobody in by a listener without a pipeline', async () => {
    const { door } = setUp([openPipeline(WEBSOCKET.name)])
    const admission = await door.admit(CREDENTIALS)
    assert(admission.kind === 'refused')
    assert.deepEqual([admission.cause, admission.reasonCode], ['no_pipeline', 0x87])
  })

  it('tells the logs of a client that the broker refuses after all, and gives the reference', () => {
    const { door, log, accessLog } = setUp([jwtPipeline('ALL')])
    const reference = door.refuseAdmitted(CREDENTIALS, 'will_not_permitted')
    assert.match(reference, /^[0-9A-Z]{4}-[0-9A-Z]{2}$/)
    assert.deepEqual(accessLog.lines, [
      'authorization-failed client 127.0.0.1 no permission to publish the will message',
    ])
    const { event, fields } = log.entries[0] ?? {}
    assert.deepEqual(
      [event, fields?.['cause'], fields?.['reference'], fields?.['pipeline']],
      ['client refused', 'will_not_permitted', reference, 'ALL-pipeline'],
    )
  })

  it('keeps what the realm says of how the proof stands', async () => {
    let holds = true
    const standing = { revoked: () => !holds, recheckMs: 5000, holds: async () => holds }
    const { door } = setUp([jwtPipeline('ALL')], () => ({ ...ADMITTED, standing }))
    const admission = await door.admit(CREDENTIALS)
    const kept = admission.kind === 'admitted' ? admission.identity.standing : undefined
    assert.deepEqual([kept?.recheckMs, kept?.revoked(), await kept?.holds()], [5000, false, true])
    holds = false
    assert.deepEqual([kept?.revoked(), await kept?.holds()], [true, false])
  })

  it('does not start with a pipeline whose realm is not there', () => {
    const pipeline = jwtPipeline('ALL')
    const elsewhere = { ...pipeline, authentication: { kind: 'jwt' as const, realm: 'x', validation: VALIDATION } }
    assert.throws(() => setUp([elsewhere]), { code: 'CONFIGURATION' })
  })
})
