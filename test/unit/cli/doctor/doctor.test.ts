import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import path from 'node:path'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { runCommand } from '../../../../src/cli/command-line.ts'
import { runChecks } from '../../../../src/cli/doctor/bounded-checks.ts'
import { certificateFindings } from '../../../../src/cli/doctor/certificate-checks.ts'
import { ok } from '../../../../src/cli/doctor/finding.ts'
import type { Finding } from '../../../../src/cli/doctor/finding.ts'
import { folderFindings, limitFindings } from '../../../../src/cli/doctor/host-checks.ts'
import { portFindings } from '../../../../src/cli/doctor/port-checks.ts'
import { readSettings } from '../../../../src/config/settings.ts'
import type { Settings } from '../../../../src/config/settings-type.ts'
import { systemClock } from '../../../../src/telemetry/system-clock.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { freePort } from '../../../support/free-port.ts'
import { makeTemporaryFolder } from '../../../support/temporary-folder.ts'
import { TestAuthority } from '../../../support/test-certificates.ts'
import { writeTlsFiles } from '../../../support/test-tls.ts'
import { RecordingContext } from '../recording-context.ts'

const JWK = { kty: 'OKP', crv: 'Ed25519', kid: 'a', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }

function settingsWith(environment: Readonly<Record<string, string>>): Settings {
  const issuer = { GUARDBEE_JWT_ISSUER: 'https://id.example' }
  const { settings, problems } = readSettings({ ...issuer, ...environment }, { cores: 2 })
  assert(settings !== undefined, JSON.stringify(problems))
  return settings
}

/** An issuer whose clock is some time behind ours, and that answers questions about tokens so. */
async function serve(test: TestContext, behindMs: number, introspected = 200): Promise<string> {
  const server = createServer((request, response) => {
    response.setHeader('date', new Date(Date.now() - behindMs).toUTCString())
    if (request.url === '/keys') return void response.end(JSON.stringify({ keys: [JWK, { kty: 'oct' }] }))
    response.writeHead(introspected, { 'content-type': 'application/json' })
    response.end(introspected === 200 ? '{"active":false}' : '{"error":"invalid_client"}')
  })
  return await origin(test, server)
}

async function origin(test: TestContext, server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  test.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  assert(typeof address === 'object' && address !== null)
  return `http://127.0.0.1:${address.port}`
}

async function doctor(
  test: TestContext,
  environment: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<{ readonly status: number; readonly findings: readonly Finding[] }> {
  const folder = await makeTemporaryFolder()
  test.after(() => folder.remove())
  const context = new RecordingContext()
  Object.assign(context, { clock: systemClock })
  context.environment = {
    GUARDBEE_BIND_ADDRESS: '127.0.0.1',
    GUARDBEE_MQTT_PORT: '0',
    GUARDBEE_WS_PORT: '0',
    GUARDBEE_ADMIN_PORT: '0',
    GUARDBEE_DATA_DIR: path.join(folder.path, 'data'),
    GUARDBEE_LOG_DIR: path.join(folder.path, 'log'),
    ...environment,
  }
  const status = await runCommand(['doctor', '--json', ...args], context)
  assert.equal(context.terminal.complained, '')
  return { status, findings: JSON.parse(context.terminal.printed) }
}

const outcomes = (findings: readonly Finding[], check: string): readonly string[] =>
  findings.filter(finding => finding.check === check).map(({ outcome }) => outcome)

describe('guardbee doctor', () => {
  const issuer = (at: string): Readonly<Record<string, string>> => ({
    GUARDBEE_JWT_ISSUER: 'https://id.example',
    GUARDBEE_JWT_JWKS_URI: `${at}/keys`,
    GUARDBEE_JWT_AUDIENCE: 'mqtt',
  })
  const asking = (at: string): Readonly<Record<string, string>> => ({
    ...issuer(at),
    GUARDBEE_JWT_INTROSPECTION: 'after-verification',
    GUARDBEE_JWT_INTROSPECTION_URI: `${at}/introspect`,
    GUARDBEE_JWT_INTROSPECTION_CLIENT_ID: 'b',
    GUARDBEE_JWT_INTROSPECTION_CLIENT_SECRET: 'the-secret-of-the-broker',
  })

  it('finds nothing wrong with an issuer that is there, and has status 0', async test => {
    const { status, findings } = await doctor(test, asking(await serve(test, 0)))
    assert.equal(status, 0)
    for (const check of ['configuration', 'discovery', 'keys', 'clock', 'introspection', 'audience', 'ports']) {
      assert.deepEqual(outcomes(findings, check), ['ok'], check)
    }
    assert.match(findings.find(({ check }) => check === 'keys')?.text ?? '', /^realm "default": 1 of 2 can be used/)
    assert.equal(JSON.stringify(findings).includes('the-secret-of-the-broker'), false)
  })

  it('warns of what somebody should look at, with status 0', async test => {
    const { GUARDBEE_JWT_AUDIENCE: _, ...more } = issuer(await serve(test, 12_000))
    const { status, findings } = await doctor(test, more)
    assert.equal(status, 0)
    assert.deepEqual([outcomes(findings, 'clock'), outcomes(findings, 'audience')], [['warn'], ['warn']])
    const { text, advice } = findings.find(({ check }) => check === 'clock') ?? {}
    assert.match(text ?? '', /this host is 1[23] s ahead of its issuer/)
    assert.match(advice ?? '', /synchronize/)
  })

  it('fails, with status 1, for a clock that refuses tokens, credentials that are not taken, keys that are not there', async test => {
    const wrong = await doctor(test, asking(await serve(test, -60_000, 401)))
    assert.equal(wrong.status, 1)
    assert.deepEqual(
      [outcomes(wrong.findings, 'clock'), outcomes(wrong.findings, 'introspection')],
      [['fail'], ['fail']],
    )
    assert.match(wrong.findings.find(({ check }) => check === 'introspection')?.text ?? '', /401/)
    const gone = await doctor(test, issuer(`http://127.0.0.1:${await freePort()}`))
    assert.equal(gone.status, 1)
    assert.match(gone.findings.find(({ check }) => check === 'keys')?.text ?? '', /ECONNREFUSED/)
    const nowhere = await doctor(test, { GUARDBEE_JWT_ISSUER: 'https://id.example' })
    assert.deepEqual([nowhere.status, outcomes(nowhere.findings, 'discovery')], [1, ['fail']])
    const nothing = await doctor(test, { GUARDBEE_MQTT_PORT: 'x', GUARDBEE_JWT_ISSUER: 'https://id.example' })
    assert.deepEqual([nothing.status, outcomes(nothing.findings, 'configuration')], [1, ['fail']])
  })

  it('says of a token how large it is and whether it would be let in', async test => {
    const folder = await makeTemporaryFolder()
    test.after(() => folder.remove())
    const file = path.join(folder.path, 'token')
    await writeFile(file, `${'x'.repeat(7_000)}\n`)
    const { status, findings } = await doctor(test, issuer(await serve(test, 0)), ['--file', file])
    assert.equal(status, 1)
    assert.deepEqual([outcomes(findings, 'token size'), outcomes(findings, 'token')], [['warn'], ['fail']])
    assert.match(findings.find(({ check }) => check === 'token')?.text ?? '', /^Refused: token_malformed/)
  })

  it('prints a line for each check, and what to do below it', async () => {
    const context = new RecordingContext()
    Object.assign(context, { clock: systemClock })
    context.environment = { GUARDBEE_JWT_ISSUER: 'not a URL' }
    assert.equal(await runCommand(['doctor'], context), 1)
    assert.match(
      context.terminal.printed,
      /^FAIL {2}configuration {2}GUARDBEE_JWT_ISSUER: found "not a URL", .*\n {21}→ see `guardbee check-config`\n/,
    )
    const wrong = new RecordingContext()
    assert.equal(await runCommand(['doctor', '--all'], wrong), 2)
    assert.match(wrong.terminal.complained, /Usage: guardbee doctor/)
  })
})

describe('the checks of a host', () => {
  const host = { limits: 'Max open files  1048576  1048576  files\n', backlog: '4096\n', memoryBytes: 2 ** 32 }

  it('look at open files, the accept queue and memory', () => {
    const settings = settingsWith({})
    const found = (more: Partial<typeof host>): readonly string[] =>
      limitFindings({ ...host, ...more }, settings).map(({ outcome }) => outcome)
    assert.deepEqual(found({}), ['ok', 'ok', 'ok'])
    assert.deepEqual(found({ limits: 'Max open files            1024                 1048576              files' }), [
      'fail',
      'ok',
      'ok',
    ])
    assert.deepEqual(found({ limits: 'Max open files  4096  4096  files', backlog: '128' }), ['warn', 'warn', 'ok'])
    assert.deepEqual(found({ limits: 'Max open files  unlimited  unlimited  files', memoryBytes: 2 ** 28 }), [
      'ok',
      'ok',
      'warn',
    ])
  })

  it('look whether folders can be written', async test => {
    const folder = await makeTemporaryFolder()
    test.after(() => folder.remove())
    const file = path.join(folder.path, 'a file')
    await writeFile(file, '')
    const dataDir = path.join(folder.path, 'not', 'there', 'yet')
    const found = await folderFindings(
      settingsWith({ GUARDBEE_DATA_DIR: dataDir, GUARDBEE_LOG_DIR: path.join(file, 'x') }),
    )
    assert.match(found[0]?.text ?? '', /there\/yet, \d+ MiB free$/)
    assert.equal(found[1]?.outcome, 'fail')
    const inMemory = await folderFindings(
      settingsWith({ GUARDBEE_DURABILITY: 'memory', GUARDBEE_LOG_DIR: folder.path }),
    )
    assert.equal(inMemory[0]?.text, 'none, all is in memory')
    const inRedis = await folderFindings(
      settingsWith({ GUARDBEE_REDIS_URL: 'redis://r', GUARDBEE_LOG_DIR: folder.path }),
    )
    assert.equal(inRedis[0]?.text, 'none, all is in Redis')
  })

  it('look when certificates end', async test => {
    const folder = await makeTemporaryFolder()
    test.after(() => folder.remove())
    const { certificateFile, keyFile } = await writeTlsFiles(folder.path, TestAuthority.root())
    const endsAtMs = new X509Certificate(await readFile(certificateFile)).validToDate.getTime()
    const settings = settingsWith({ GUARDBEE_TLS_CERTIFICATE_FILE: certificateFile, GUARDBEE_TLS_KEY_FILE: keyFile })
    const at = async (nowMs: number): Promise<string | undefined> =>
      (await certificateFindings(settings, nowMs))[0]?.outcome
    const dayMs = 86_400_000
    assert.deepEqual(
      [await at(endsAtMs - 22 * dayMs), await at(endsAtMs - 20 * dayMs), await at(endsAtMs)],
      ['ok', 'warn', 'fail'],
    )
    assert.deepEqual(await certificateFindings(settingsWith({}), 0), [])
  })

  it('look whether ports are free, or have a guardbee on them', async test => {
    let said = 'ready\n'
    const at = await origin(
      test,
      createServer((_, response) => void response.end(said)),
    )
    const adminPort = new URL(at).port
    const ports = { GUARDBEE_BIND_ADDRESS: '127.0.0.1', GUARDBEE_MQTT_PORT: '0', GUARDBEE_WS_PORT: '0' }
    const settings = settingsWith({ ...ports, GUARDBEE_ADMIN_PORT: adminPort })
    const found = async (): Promise<string | undefined> => (await portFindings(settings, systemClock))[0]?.outcome
    assert.equal(await found(), 'ok')
    said = 'not ready\n'
    assert.equal(await found(), 'warn')
    said = '<html>'
    assert.equal(await found(), 'fail')
  })

  it('have a bound on their time, and an error of one is a finding', async () => {
    const clock = new FakeClock()
    const running = runChecks(
      [
        { name: 'a', look: () => new Promise(() => {}) },
        { name: 'b', look: () => Promise.reject(new Error('out of luck')) },
        { name: 'c', look: async () => [ok('c', 'well')] },
      ],
      clock,
    )
    await new Promise(resolve => setImmediate(resolve))
    clock.advance(20_000)
    assert.deepEqual(
      (await running).map(({ check, outcome, text }) => `${check} ${outcome} ${text}`),
      ['a fail no answer within 20 s', 'b fail out of luck', 'c ok well'],
    )
    assert.equal(clock.pendingTimers, 0)
  })
})
