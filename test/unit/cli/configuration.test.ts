import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readConfiguration } from '../../../src/cli/configuration.ts'
import { RecordingContext } from './recording-context.ts'

function read(environment: RecordingContext['environment']): ReturnType<typeof readConfiguration> {
  const { facts } = new RecordingContext()
  return readConfiguration({ environment, facts })
}

describe('reading the configuration', () => {
  it('gives the settings and no problem where all is right', async () => {
    const { settings, problems, fileProblems } = await read({ GUARDBEE_JWT_ISSUER: 'https://issuer.example' })
    assert.equal(settings?.jwtIssuer, 'https://issuer.example')
    assert.deepEqual([...problems, ...fileProblems], [])
  })

  it('looks at the security file though a variable is wrong', async () => {
    const { settings, problems, fileProblems } = await read({
      GUARDBEE_WORKERS: 'many',
      GUARDBEE_SECURITY_FILE: '/nowhere/ese.xml',
    })
    assert.equal(settings, undefined)
    assert.deepEqual(
      problems.map(({ names }) => names),
      [['GUARDBEE_WORKERS']],
    )
    assert.match(fileProblems.join('\n'), /^\/nowhere\/ese\.xml cannot be read\n {2}because ENOENT/)
  })

  it('names each file that cannot be used', async () => {
    const { fileProblems } = await read({
      GUARDBEE_JWT_ISSUERS_FILE: '/nowhere/issuers.json',
      GUARDBEE_TLS_CERTIFICATE_FILE: '/nowhere/broker.crt',
      GUARDBEE_TLS_KEY_FILE: '/nowhere/broker.key',
    })
    assert.equal(fileProblems.length, 2)
    assert.match(fileProblems[0] ?? '', /issuers\.json cannot be read/)
    assert.match(fileProblems[1] ?? '', /broker\.(crt|key) cannot be read/)
  })
})
