import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import { checkConfigCommand } from '../../../src/cli/check-config.ts'
import { RecordingContext } from './recording-context.ts'

const PIPELINE =
  '<listener-pipeline name="p" listener="ALL"><allow-all-authentication-manager/><allow-all-authorization-manager/></listener-pipeline>'
const RIGHT_FILE = `<enterprise-security-extension><pipelines>${PIPELINE}</pipelines></enterprise-security-extension>`

async function check(environment: RecordingContext['environment']): Promise<RecordingContext & { status: number }> {
  const context = new RecordingContext()
  context.environment = environment
  const status = await checkConfigCommand.run(context)
  assert.deepEqual(context.started, [])
  return Object.assign(context, { status })
}

async function checkFile(text: string, environment: RecordingContext['environment'] = {}): ReturnType<typeof check> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'guardbee-test-'))
  try {
    const file = path.join(folder, 'ese.xml')
    await writeFile(file, text)
    return await check({ ...environment, GUARDBEE_SECURITY_FILE: file })
  } finally {
    await rm(folder, { recursive: true })
  }
}

describe('guardbee check-config', () => {
  it('prints each setting with its value and source, and ends with 0', async () => {
    const { status, terminal } = await check({ GUARDBEE_JWT_ISSUER: 'https://issuer.example', GUARDBEE_WS_PORT: '' })
    assert.equal(status, 0)
    assert.match(terminal.printed, /^GUARDBEE_JWT_ISSUER +"https:\/\/issuer\.example" +environment$/m)
    assert.match(terminal.printed, /^GUARDBEE_WS_PORT +off +environment$/m)
    assert.match(terminal.printed, /^GUARDBEE_MQTT_PORT +1883 +default$/m)
    assert.equal(terminal.complained, '')
  })

  it('says what is wrong with the variables and ends with 2', async () => {
    const { status, terminal } = await check({ GUARDBEE_WORKERS: 'many' })
    assert.equal(status, 2)
    assert.match(terminal.complained, /^2 settings are wrong:\n {2}GUARDBEE_WORKERS: found "many"/)
    assert.match(terminal.complained, /guardbee dev/)
  })

  it('reads the security file too', async () => {
    assert.equal((await checkFile(RIGHT_FILE)).status, 0)
    const { status, terminal } = await checkFile('<nonsense/>')
    assert.equal(status, 2)
    assert.match(terminal.complained, /ese\.xml:1.*nonsense/s)
  })

  it('says what is wrong with the variables and with the file at once', async () => {
    const { status, terminal } = await checkFile('<nonsense/>', { GUARDBEE_MQTT_PORT: '-1' })
    assert.equal(status, 2)
    assert.match(terminal.complained, /GUARDBEE_MQTT_PORT: found "-1"/)
    assert.match(terminal.complained, /nonsense/)
  })

  it('names a file of the encrypted listeners that cannot be used', async () => {
    const { status, terminal } = await check({
      GUARDBEE_JWT_ISSUER: 'https://issuer.example',
      GUARDBEE_TLS_CERTIFICATE_FILE: '/nowhere/broker.crt',
      GUARDBEE_TLS_KEY_FILE: '/nowhere/broker.key',
    })
    assert.equal(status, 2)
    assert.match(terminal.complained, /\/nowhere\/broker\.(crt|key) cannot be read\n {2}because ENOENT/)
  })

  it('names a security file that cannot be read', async () => {
    const { status, terminal } = await check({ GUARDBEE_SECURITY_FILE: '/nowhere/ese.xml' })
    assert.equal(status, 2)
    assert.match(terminal.complained, /\/nowhere\/ese\.xml cannot be read\n {2}because ENOENT/)
  })
})
