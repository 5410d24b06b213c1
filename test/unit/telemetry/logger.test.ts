import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Log } from '../../../src/ports/telemetry.ts'
import { createLogger } from '../../../src/telemetry/logger.ts'
import type { LogLevel } from '../../../src/telemetry/logger.ts'
import { waitFor } from '../../support/wait-for.ts'

const LOGGER = path.resolve(import.meta.dirname, '../../../src/telemetry/logger.ts')
const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJkZXZpY2UifQ.c2lnbmF0dXJl'

describe('createLogger', () => {
  let folder: string
  let files = 0

  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'guardbee-test-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  /** The text and the records of the lines that `act` logs. */
  async function logged(
    level: LogLevel,
    act: (log: Log) => void,
  ): Promise<{ text: string; records: readonly Readonly<Record<string, unknown>>[] }> {
    const file = path.join(folder, `log-${files++}`)
    const log = createLogger({ level, process: 'worker 1', fd: openSync(file, 'a') })
    act(log)
    log.error('end of test', new Error('end'))
    const text = await waitFor('the last line', () => {
      const written = readFileSync(file, 'utf8')
      return written.endsWith('end of test"}\n') && written
    })
    const records = text
      .trimEnd()
      .split('\n')
      .map(line => ({ ...Object(JSON.parse(line)) }))
    return { text, records: records.slice(0, -1) }
  }

  it('writes one JSON object a line, with ISO time, level and process', async () => {
    const { records } = await logged('info', log =>
      log.info('client connected', { clientId: 'a', worker: 1, peers: ['x'] }),
    )
    const { time, ...rest } = records[0] ?? {}
    assert.equal(new Date(String(time)).toISOString(), time)
    assert.deepEqual(rest, {
      level: 'info',
      name: 'guardbee',
      process: 'worker 1',
      clientId: 'a',
      worker: 1,
      peers: ['x'],
      msg: 'client connected',
    })
  })

  it('leaves out what is less severe than its level', async () => {
    const everything = (log: Log): void => {
      log.debug('d')
      log.info('i')
      log.warn('w')
    }
    const events = async (level: LogLevel): Promise<unknown[]> =>
      (await logged(level, everything)).records.map(({ msg }) => msg)
    assert.deepEqual(await events('trace'), ['d', 'i', 'w'])
    assert.deepEqual(await events('warn'), ['w'])
    assert.deepEqual(await events('error'), [])
  })

  it('writes an error with code, message, stack and causes', async () => {
    const cause = Object.assign(new TypeError('fetch failed'), { code: 'ECONNREFUSED' })
    const { records } = await logged('info', log =>
      log.error('keys not fetched', new Error('no keys', { cause }), { realm: 'r' }),
    )
    const { error, realm } = records[0] ?? {}
    assert.equal(realm, 'r')
    assert.ok(typeof error === 'object' && error !== null && 'cause' in error && 'stack' in error)
    assert.match(String(error.stack), /^Error: no keys\n {4}at /)
    const { stack: _, ...causeWithoutStack } = { stack: undefined, ...Object(error.cause) }
    assert.deepEqual(causeWithoutStack, { type: 'TypeError', code: 'ECONNREFUSED', message: 'fetch failed' })
  })

  it('redacts secrets that were handed to it all the same', async () => {
    const { text } = await logged('info', log => {
      log.info('a', { password: 'hunter2', Authorization: 'hunter2', access_token: 'hunter2', clientSecret: 'hunter2' })
      log.error('b', new Error(`bad token_${TOKEN}`, { cause: TOKEN }), { detail: `was ${TOKEN}`, parts: [TOKEN] })
    })
    assert.doesNotMatch(text, /hunter2|eyJ/)
    assert.equal(text.split('[redacted]').length - 1 >= 8, true)
  })

  it('lets no value start a line of its own or steer a terminal', async () => {
    const { text, records } = await logged('info', log => log.info('x', { clientId: 'a\n{"level":"fake"}\u001b[31m' }))
    assert.equal(text.split('\n').length, 3)
    assert.ok(!text.includes('\u001b'))
    assert.equal(records[0]?.['clientId'], 'a\n{"level":"fake"}\u001b[31m')
  })

  it('keeps the lines of several processes apart that share a pipe', async () => {
    const script = `
      import { createLogger } from ${JSON.stringify(LOGGER)}
      const log = createLogger({ level: 'info', process: 'test', fd: 1 })
      for (let line = 0; line < 5000; line++) log.info('line', { line, padding: 'x'.repeat(line % 300) })`
    // Small reads keep the pipe full, so that writers have to wait in the middle of a long write.
    const shell = '(for process in 1 2 3; do "$0" --input-type=module --eval "$1" & done; wait) | dd bs=128 status=none'
    const child = spawn('sh', ['-c', shell, process.execPath, script], { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    for await (const chunk of child.stdout.setEncoding('utf8')) text += String(chunk)
    const lines = text.trimEnd().split('\n')
    assert.equal(lines.length, 15_000)
    for (const line of lines) assert.equal(Object(JSON.parse(line)).msg, 'line')
  })

  it('has written everything when the process exits at once', () => {
    const script = `
      import { createLogger } from ${JSON.stringify(LOGGER)}
      const log = createLogger({ level: 'info', process: 'test', fd: 1 })
      for (let line = 0; line < 1000; line++) log.info('line', { line })
      process.exit(0)`
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })
    assert.equal(stdout.trimEnd().split('\n').length, 1000)
  })
})
