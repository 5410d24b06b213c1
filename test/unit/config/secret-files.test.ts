import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Environment } from '../../../src/config/setting.ts'
import type { SettingsReading } from '../../../src/config/settings.ts'
import { readSettings } from '../../../src/config/settings.ts'
import { makeTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts'

const SECRET = '0123456789abcdef'

describe('secrets in files', () => {
  let folder: TemporaryFolder

  before(async () => {
    folder = await makeTemporaryFolder()
  })

  after(() => folder.remove())

  async function fileWith(text: string): Promise<string> {
    const file = path.join(folder.path, 'secret')
    await writeFile(file, text)
    return file
  }

  function read(environment: Environment): SettingsReading {
    const needed = { GUARDBEE_TLS_CERTIFICATE_FILE: 'broker.crt', GUARDBEE_TLS_KEY_FILE: 'broker.key' }
    return readSettings({ GUARDBEE_JWT_ISSUER: 'https://issuer.example/', ...needed, ...environment }, { cores: 1 })
  }

  for (const end of ['', '\n', '\r\n']) {
    it(`a secret is read from the file that its variable names, which may end in ${JSON.stringify(end)}`, async () => {
      const { settings, effective } = read({ GUARDBEE_TLS_TICKET_SECRET_FILE: await fileWith(`${SECRET}${end}`) })
      assert.equal(settings?.tlsTicketSecret, SECRET)
      const shown = effective.find(({ name }) => name === 'GUARDBEE_TLS_TICKET_SECRET')
      assert.deepEqual(shown, { name: 'GUARDBEE_TLS_TICKET_SECRET', shown: '***', source: 'environment' })
    })
  }

  it('an empty variable names no file', () => {
    assert.deepEqual(read({ GUARDBEE_TLS_TICKET_SECRET_FILE: '' }).problems, [])
  })

  it('a setting that is no secret has no such variable', () => {
    const [problem] = read({ GUARDBEE_LOG_LEVEL_FILE: 'x' }).problems
    assert.match(problem?.text ?? '', /is not a setting/)
  })

  it('a secret is given once', async () => {
    const file = await fileWith(SECRET)
    const both = { GUARDBEE_TLS_TICKET_SECRET: SECRET, GUARDBEE_TLS_TICKET_SECRET_FILE: file }
    assert.deepEqual(read(both).problems, [
      {
        names: ['GUARDBEE_TLS_TICKET_SECRET', 'GUARDBEE_TLS_TICKET_SECRET_FILE'],
        text: 'given together, expected one of them',
      },
    ])
  })

  for (const [what, text, expected] of [
    ['an empty file', '\n', /is empty/],
    ['a huge file', 'x'.repeat(70_000), /is too large/],
    ['a secret that is too short', 'short', /found a secret value/],
  ] as const) {
    it(`${what} is a problem, and nothing of it is shown`, async () => {
      const { settings, problems } = read({ GUARDBEE_TLS_TICKET_SECRET_FILE: await fileWith(text) })
      assert.equal(settings, undefined)
      assert.match(problems[0]?.text ?? '', expected)
      assert.doesNotMatch(JSON.stringify(problems), /short|xxx/)
    })
  }

  it('a file that is not there is named by its error', () => {
    const [problem] = read({ GUARDBEE_TLS_TICKET_SECRET_FILE: path.join(folder.path, 'missing') }).problems
    assert.deepEqual(problem?.names, ['GUARDBEE_TLS_TICKET_SECRET_FILE'])
    assert.equal(problem?.text, 'the file cannot be read (ENOENT)')
  })
})
