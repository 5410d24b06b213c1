import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AccessLog } from '../../../src/auth/access-log.ts'
import type { Authenticator } from '../../../src/auth/authenticator.ts'
import { ListenerPipelines } from '../../../src/auth/pipeline.ts'
import type { SecurityModel } from '../../../src/auth/security-model.ts'
import type { Credentials, Review } from '../../../src/ports/auth.ts'
import { FakeClock, FakeRandom } from '../../support/fake-clock.ts'
import { securityModel, USERS_AND_ROLES } from '../../support/ese/security-file.ts'
import { RecordingLog } from '../../support/recording-log.ts'

const JWT = '<jwt-authentication-manager><realm>Tokens</realm></jwt-authentication-manager>'
const FILE = '<file-authentication-manager><realm>People</realm></file-authentication-manager>'
const ALLOW_ALL = '<allow-all-authorization-manager/>'
const PERMISSIONS = '<file-authorization-manager><realm>People</realm></file-authorization-manager>'
const COPY =
  '<authentication-preprocessors><copy-string-to-string-preprocessor><from>mqtt-username</from><to>authentication-key</to>' +
  '</copy-string-to-string-preprocessor></authentication-preprocessors>'
const STRICTER = JWT.replace(
  '</realm>',
  '</realm><jwt-validation><reserved-claims><aud>a</aud></reserved-claims></jwt-validation>',
)

const CREDENTIALS: Credentials = {
  listener: { name: 'tcp-listener-1883', transport: 'tcp', port: 1883 },
  remoteAddress: '127.0.0.1',
  clientId: 'c1',
  username: 'plain',
  password: Buffer.from('in the clear'),
  authenticationMethod: undefined,
  authenticationData: undefined,
}

const silent: AccessLog = {
  authenticationSucceeded() {},
  authenticationFailed() {},
  authorizationSucceeded() {},
  authorizationFailed() {},
  reopen() {},
  async close() {},
}
const tokens: Authenticator = {
  authenticate: () => ({ kind: 'authenticated', owner: 'o', expiresAtMs: undefined, claims: { sub: 'plain' } }),
}

/** What a client that `before` has let in is told once `after` is in its place. */
async function reviewed(before: SecurityModel, after: SecurityModel): Promise<readonly Review[]> {
  const door = new ListenerPipelines({
    model: before,
    jwtAuthenticator: () => tokens,
    passwords: { verify: async () => 'right' },
    accessLog: silent,
    log: new RecordingLog(),
    random: new FakeRandom(1),
    clock: new FakeClock(),
  })
  const admission = await door.admit(CREDENTIALS)
  assert(admission.kind === 'admitted')
  const review = (): Review => admission.identity.standing?.review?.() ?? assert.fail('nothing is reviewed')
  assert.deepEqual(review(), { kind: 'stands' })
  door.use(after)
  return [review(), review()]
}

function realmWith(piece: string, replacement: string): string {
  assert(USERS_AND_ROLES.includes(piece), piece)
  return USERS_AND_ROLES.replace(piece, () => replacement)
}

describe('a client and a new configuration', () => {
  const wider = realmWith('plants/${mqtt-clientid}/#', 'farms/${mqtt-clientid}/#')

  it('stands where nothing changes for it', async () => {
    const other = realmWith('down/${mqtt-username}', 'elsewhere')
    for (const text of [FILE + PERMISSIONS, JWT + PERMISSIONS]) {
      const [review] = await reviewed(securityModel(text), securityModel(text, other))
      assert.deepEqual(review, { kind: 'stands' })
    }
    const same = COPY + FILE + PERMISSIONS
    assert.deepEqual((await reviewed(securityModel(same), securityModel(same)))[0], { kind: 'stands' })
  })

  it('gets its new permissions, once', async () => {
    for (const authentication of [FILE, JWT]) {
      const text = authentication + PERMISSIONS
      const [review, again] = await reviewed(securityModel(text), securityModel(text, wider))
      assert(review?.kind === 'permissions')
      assert.deepEqual(
        review.permissions.list.map(({ topicFilter }) => topicFilter),
        ['farms/c1/#'],
      )
      assert.deepEqual(again, { kind: 'stands' })
      const [opened] = await reviewed(securityModel(text), securityModel(authentication + ALLOW_ALL))
      assert(opened?.kind === 'permissions')
      assert.equal(opened.permissions.mayPublish('any', 0, true), true)
    }
  })

  it('is refused when its user has gone, or has another password', async () => {
    const text = FILE + PERMISSIONS
    const changes = [realmWith('<name>plain</name>', '<name>other</name>'), realmWith('in the clear', 'changed')]
    for (const changed of changes) {
      const [review] = await reviewed(securityModel(text), securityModel(text, changed))
      assert.deepEqual(review, { kind: 'refused' })
    }
  })

  it('is refused when it has no permissions left, or would have to prove itself in another way', async () => {
    const gone = realmWith('<name>plain</name>', '<name>other</name>')
    const cases = [
      [securityModel(JWT + PERMISSIONS), securityModel(JWT + PERMISSIONS, gone)],
      [securityModel(FILE + ALLOW_ALL), securityModel(JWT + ALLOW_ALL)],
      [securityModel(JWT + ALLOW_ALL), securityModel(STRICTER + ALLOW_ALL)],
      [securityModel(FILE + ALLOW_ALL), securityModel(COPY + FILE + ALLOW_ALL)],
      [securityModel(COPY + FILE + PERMISSIONS), securityModel(COPY + FILE + PERMISSIONS, wider)],
    ] as const
    for (const [before, after] of cases) assert.deepEqual((await reviewed(before, after))[0], { kind: 'refused' })
  })

  it('is refused when no pipeline is left for its listener', async () => {
    const before = securityModel(FILE + ALLOW_ALL)
    const after = { ...before, pipelines: before.pipelines.map(pipeline => ({ ...pipeline, listener: 'other' })) }
    assert.deepEqual((await reviewed(before, after))[0], { kind: 'refused' })
  })

  it('keeps the old configuration where the new one does not fit together', async () => {
    const before = securityModel(FILE + ALLOW_ALL)
    await assert.rejects(reviewed(before, { ...before, fileRealms: [] }), { code: 'CONFIGURATION' })
  })
})
