import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { describe, it } from 'node:test'

const TELEMETRY = path.resolve(import.meta.dirname, '../../../src/telemetry')
const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl'

const failures = {
  'is thrown': 'setTimeout(() => { throw error })',
  'is a rejection': 'void Promise.reject(error)',
  'comes in the exit of the process': "process.exitCode = 5; process.on('beforeExit', () => { throw error })",
} as const

describe('the last words of a process', () => {
  for (const [name, failure] of Object.entries(failures)) {
    it(`are one line of its log without a token, where an error ${name}`, () => {
      const script = `
        import { createLogger } from ${JSON.stringify(`${TELEMETRY}/logger.ts`)}
        import { logLastWords } from ${JSON.stringify(`${TELEMETRY}/last-words.ts`)}
        logLastWords(createLogger({ level: 'info', process: 'test', fd: 1 }))
        const token = ${JSON.stringify(TOKEN)}
        const error = new TypeError('no use for ' + token, { cause: { password: token } })
        Object.assign(error, { command: { name: 'set', args: [token, Buffer.from(token)] } })
        ${failure}`
      const { status, stdout, stderr } = runScript(script)
      assert.equal(status, 1)
      assert.equal(stderr, '')
      const said = Object(JSON.parse(stdout))
      assert.equal(said.msg, 'the process ends at an error that nobody caught')
      assert.equal(said.error.message, 'no use for [redacted]')
      assert.ok(!stdout.includes('c2lnbmF0dXJl') && !stdout.includes('99, 50, 108'))
    })
  }

  it('are not followed by the environment in a report of Node', () => {
    const script = `
      import { logLastWords } from ${JSON.stringify(`${TELEMETRY}/last-words.ts`)}
      logLastWords(undefined)
      console.log(JSON.stringify(process.report.getReport().environmentVariables ?? null))`
    assert.equal(runScript(script).stdout.trim(), 'null')
  })
})

function runScript(script: string): {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
} {
  return spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })
}
