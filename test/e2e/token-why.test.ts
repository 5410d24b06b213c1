import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startAuthorizationServer } from '../support/authorization-server.ts'
import type { AuthorizationServer } from '../support/authorization-server.ts'
import { withFlippedSignature } from '../support/forged-tokens.ts'
import { runGuardbee, startGuardbee } from '../support/guardbee-process.ts'
import type { GuardbeeProcess } from '../support/guardbee-process.ts'
import { jwtSettings } from '../support/jwt-settings.ts'
import { Teardown } from '../support/teardown.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'

const SECRET = 'an-admin-secret-of-tests'

describe('guardbee token why, against a real authorization server', { timeout: 120_000 }, () => {
  const teardown = new Teardown()
  let server: AuthorizationServer
  let guardbee: GuardbeeProcess
  let folder: string

  before(async () => {
    server = teardown.add(await startAuthorizationServer(), opened => opened.close())
    const settings = { ...jwtSettings(server), GUARDBEE_ADMIN_TOKEN: SECRET }
    guardbee = teardown.add(await startGuardbee(settings), opened => opened.destroy())
    folder = teardown.add(await makeTemporaryFolder(), made => made.remove()).path
  })

  after(() => teardown.run())

  /** What the configuration here says, or the running node; times and sizes are made the same each time. */
  async function why(token: string, args: readonly string[] = []): Promise<{ status: number | null; said: string }> {
    const file = path.join(folder, 'token')
    await writeFile(file, `${token}\n`)
    const settings = { ...jwtSettings(server), GUARDBEE_ADMIN_TOKEN: SECRET }
    const { status, stdout, stderr } = await runGuardbee(['token', 'why', '--file', file, ...args], settings)
    assert.equal(stderr, '')
    assert.equal(`${stdout}${await guardbee.allOutput()}`.includes(token), false, 'the token is nowhere')
    const said = stdout
      .replaceAll(server.issuer, 'ISSUER')
      .replace(/JWT of \d+ bytes/, 'JWT of N bytes')
      .replace(/\d{4}-\d\d-\d\dT[\d:]+Z/g, 'TIME')
      .replace(/fetched \d+ s ago/, 'fetched N s ago')
      .replace(/in (59|60) min/, 'in an hour')
      .replace(/listener-\d+/, 'listener-PORT')
    return { status, said }
  }

  const goodSteps = `  ✓ pipeline       "default-pipeline", for listener "tcp-listener-PORT"
  ✓ realm          "default"
  ✓ form           a JWT of N bytes
  ✓ header         alg "RS256", kid "rs-1"
  ✓ kind           an access token, as far as it says
  ✓ binding        not bound to a key
  ✓ times          exp TIME, in an hour
  ✓ issuer         "ISSUER"
  ✓ audience       "HiveMQ"
  · subject        not checked: "service-app"
  ✓ scope          ["mqtt"]
  · custom-claims  not checked: none are configured
`
  const keyStep = '  ✓ key            kid "rs-1" among 3 known keys ("rs-1", "es-1", "ed-1"), fetched N s ago\n'

  for (const where of ['here', 'at the running node'] as const) {
    const at = (): readonly string[] => (where === 'here' ? [] : ['--at', adminUrl()])

    const adminUrl = (): string => String(guardbee.eventsNamed('guardbee started')[0]?.fields['admin'])

    it(`${where}: a good token is allowed, and what it may do`, async () => {
      const { status, said } = await why(await server.requestToken(), ['--publish', 'sensors/1', ...at()])
      assert.equal(
        said,
        `Allowed in, and to do what was asked about.

${goodSteps}${keyStep}  ✓ signature      good, by RS256
  ✓ revocation     not revoked here
  ✓ permissions    for authorization key "service-app"

  session owner      {"issuer":"ISSUER","subject":"service-app"}
  authorization key  "service-app"
  connection ends    TIME
  permissions, of which the first that applies decides
    allow publish and subscribe "#" (from allow-all)

  ✓ publish "sensors/1" with QoS 0
    allowed: by allow publish and subscribe "#" (from allow-all)
`,
      )
      assert.equal(status, 0)
    })

    it(`${where}: a token that is not its issuer's is refused`, async () => {
      const { status, said } = await why(withFlippedSignature(await server.mint()), at())
      assert.equal(status, 1)
      assert.equal(
        said,
        `Refused: bad_signature. The signature does not belong to the token.
The client is told 0x87 and a reference.

${goodSteps}${keyStep}  ✗ signature      not that of the token, by RS256
                   → the key is the one that the token names: the token was changed on its way, cut off, or another issuer uses the same kid
    revocation     not reached
    permissions    not reached
`,
      )
    })
  }

  it('a token that has expired says how long ago, by whose clock', async () => {
    const { status, said } = await why(await server.mint({ claims: { exp: Math.floor(Date.now() / 1000) - 270 } }))
    assert.equal(status, 1)
    assert.match(said, /^Refused: token_expired\./)
    assert.match(
      said,
      /✗ times          exp TIME, 4 min ago\n +→ expired 4 min ago; clock skew of this host against the issuer: less than 2 s\n/,
    )
  })

  it('a token with a key that nobody knows says which are known', async () => {
    const { status, said } = await why(await server.mint({ kid: 'nobody' }))
    assert.equal(status, 1)
    assert.match(
      said,
      /✗ key            kid "nobody"\n +→ kid not among 3 known keys \("rs-1", "es-1", "ed-1"\), fetched N s ago\n/,
    )
  })

  it('a token of an issuer that differs by a slash says so', async () => {
    const { status, said } = await why(await server.mint({ claims: { iss: `${server.issuer}/` } }))
    assert.equal(status, 1)
    assert.match(said, /✗ issuer         "ISSUER\/"\n +expected "ISSUER"\n +→ issuer differs by a trailing slash/)
  })

  it('token get brings a token that is allowed', async () => {
    const file = path.join(folder, 'secret')
    await writeFile(file, server.clientSecret)
    const args = [
      '--issuer',
      server.issuer,
      '--client-id',
      server.clientId,
      '--client-secret-file',
      file,
      '--scope',
      'mqtt',
    ]
    const { status, stdout, stderr } = await runGuardbee(['token', 'get', ...args])
    assert.deepEqual([status, stderr], [0, ''])
    assert.match((await why(stdout.trim())).said, /^Allowed in\./)
  })
})
