import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { AccessLogRotation } from '../../../src/auth/access-log-rotation.ts'
import { GENERIC_REASON } from '../../../src/auth/access-log-line.ts'
import { accessLogPath, openAccessLog } from '../../../src/auth/access-log.ts'
import type { AccessLog } from '../../../src/auth/access-log.ts'
import { DEFAULT_ACCESS_LOG } from '../../../src/auth/security-model.ts'
import type { AccessLogModel } from '../../../src/auth/security-model.ts'
import { EndOfTick } from '../../../src/core/end-of-tick.ts'
import { BrokerError } from '../../../src/core/errors.ts'
import { ALLOW_ALL } from '../../../src/core/permissions.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { waitFor } from '../../support/wait-for.ts'
import { makeTemporaryFolder } from '../../support/temporary-folder.ts'
import { RecordingLog } from '../../support/recording-log.ts'

const WRITER = new URL('./access-log-writer.ts', import.meta.url)

interface Setup {
  readonly logDir: string
  readonly log: RecordingLog
  readonly clock: FakeClock
  readonly open: (changes?: Partial<AccessLogModel>) => Promise<AccessLog>
}

async function setUp(test: TestContext): Promise<Setup> {
  const folder = await makeTemporaryFolder()
  test.after(() => folder.remove())
  const log = new RecordingLog()
  const clock = new FakeClock(Date.UTC(2019, 10, 25, 15, 50, 24, 774))
  const endOfTick = new EndOfTick(setImmediate)
  const logDir = path.join(folder.path, 'log')
  const open = (changes = {}): Promise<AccessLog> =>
    openAccessLog({ model: { ...DEFAULT_ACCESS_LOG, ...changes }, logDir, clock, log, endOfTick })
  return { logDir, log, clock, open }
}

describe('access log', () => {
  it('is log/access/access.log by default, and an absolute path', () => {
    assert.equal(accessLogPath('/var/log/guardbee', DEFAULT_ACCESS_LOG), '/var/log/guardbee/access/access.log')
    assert.equal(accessLogPath('log', DEFAULT_ACCESS_LOG), path.resolve('log/access/access.log'))
  })

  it('holds the three lines of the tutorial in their order', async test => {
    const { logDir, clock, open } = await setUp(test)
    const accessLog = await open()
    accessLog.authenticationFailed('no-token-client', '127.0.0.1', GENERIC_REASON)
    clock.advance(1_648_535)
    accessLog.authenticationSucceeded('token-client', '127.0.0.1')
    clock.advance(18)
    accessLog.authorizationSucceeded('token-client', '127.0.0.1', [ALLOW_ALL])
    await accessLog.close()
    assert.equal(
      await readFile(path.join(logDir, 'access/access.log'), 'utf8'),
      '2019-11-25 15:50:24,774 UTC - authentication-failed - Client failed authentication: ID no-token-client, IP 127.0.0.1, reason "unknown authentication key or wrong authentication secret".\n' +
        '2019-11-25 16:17:53,309 UTC - authentication-succeeded - Client succeeded authentication: ID token-client, IP 127.0.0.1.\n' +
        "2019-11-25 16:17:53,327 UTC - authorization-succeeded - Client succeeded authorization: ID token-client, IP 127.0.0.1, permissions [Permission{topicFilter='#', qos=[0, 1, 2], activity=[publish, subscribe], retainedPublishAllowed=true, sharedSubscribeAllowed=true, sharedGroup='', from='allow-all'}].\n",
    )
  })

  it('goes on with the file that is there, and others may not read it', async test => {
    const { logDir, open } = await setUp(test)
    for (const clientId of ['a', 'b']) {
      const accessLog = await open({ subFolder: 'deep/door', fileName: 'visitors' })
      accessLog.authorizationFailed(clientId, '::1', 'no permissions')
      await accessLog.close()
    }
    const file = path.join(logDir, 'deep/door/visitors.log')
    assert.deepEqual((await readFile(file, 'utf8')).match(/(?<=ID )\w/g), ['a', 'b'])
    assert.equal((await stat(file)).mode & 0o027, 0)
  })

  it('also goes to the structured log when it writes through', async test => {
    const { log, open } = await setUp(test)
    const accessLog = await open({ writeThrough: true })
    accessLog.authenticationSucceeded('a', '::1')
    await accessLog.close()
    assert.deepEqual(log.entries, [
      {
        level: 'info',
        event: 'access log',
        fields: {
          line: '2019-11-25 15:50:24,774 UTC - authentication-succeeded - Client succeeded authentication: ID a, IP ::1.',
        },
      },
    ])
  })

  it('writes nothing when it is not enabled', async test => {
    const { logDir, log, open } = await setUp(test)
    const accessLog = await open({ enabled: false, writeThrough: true })
    accessLog.authenticationSucceeded('a', '::1')
    await accessLog.close()
    await assert.rejects(stat(logDir), { code: 'ENOENT' })
    assert.deepEqual(log.entries, [])
  })

  it('is JSON where that is wanted, with the same redaction', async test => {
    const { logDir, clock, log } = await setUp(test)
    const endOfTick = new EndOfTick(setImmediate)
    const accessLog = await openAccessLog({ model: DEFAULT_ACCESS_LOG, logDir, format: 'json', clock, log, endOfTick })
    accessLog.authenticationFailed('a_eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2ln', '::1', GENERIC_REASON)
    accessLog.authorizationFailed('b\n"', '::1', 'no permissions')
    accessLog.authorizationSucceeded('c', '::1', [ALLOW_ALL])
    await accessLog.close()
    const lines = (await readFile(path.join(logDir, 'access/access.log'), 'utf8')).trimEnd().split('\n')
    const time = '2019-11-25T15:50:24.774Z'
    assert.deepEqual(
      lines.map(line => JSON.parse(line)),
      [
        { time, event: 'authentication-failed', clientId: 'a_[redacted]', ip: '::1', reason: GENERIC_REASON },
        { time, event: 'authorization-failed', clientId: 'b\n"', ip: '::1', reason: 'no permissions' },
        { time, event: 'authorization-succeeded', clientId: 'c', ip: '::1', permissions: [ALLOW_ALL] },
      ],
    )
  })

  it('goes on in a new file when another has taken its name aside, on demand at once', async test => {
    const { logDir, clock, open } = await setUp(test)
    const file = path.join(logDir, 'access/access.log')
    const accessLog = await open()
    const write = async (clientId: string, into: string): Promise<void> => {
      accessLog.authenticationSucceeded(clientId, '::1')
      await waitFor(clientId, async () => (await readFile(into, 'utf8').catch(() => '')).includes(`ID ${clientId},`))
    }
    await write('a', file)
    await rename(file, `${file}.1`)
    await write('b', `${file}.1`)
    clock.advance(500)
    await write('c', file)
    await rename(file, `${file}.2`)
    accessLog.reopen()
    await write('d', file)
    await accessLog.close()
  })

  it('loses and tears no line of several processes while it is moved aside again and again', async test => {
    const { logDir } = await setUp(test)
    const lines = 4_200
    const file = path.join(logDir, 'access/access.log')
    const writers = ['one', 'two'].map(name =>
      spawn(process.execPath, [WRITER.pathname, logDir, name, String(lines), '5'], { stdio: 'inherit' }),
    )
    const ends = Promise.all(writers.map(writer => once(writer, 'exit')))
    const log = new RecordingLog()
    // A day passes at each look, and each look moves the file aside.
    const clock = new FakeClock(Date.now())
    const rotation = new AccessLogRotation({ file, bytesMax: 1_000_000_000, filesMax: 1_000, clock, log })
    rotation.close()
    let ended = false
    void ends.then(() => {
      ended = true
    })
    while (!ended) {
      clock.advance(86_400_000)
      await rotation.look()
      await sleep(20)
    }
    for (const [code] of await ends) assert.equal(code, 0)
    const folder = path.dirname(file)
    const names = (await readdir(folder)).filter(name => name !== 'access.log').sort()
    assert(names.length > 2, `${names.length} files were moved aside`)
    const texts = await Promise.all(
      [...names, 'access.log'].map(name => readFile(path.join(folder, name), 'utf8').catch(() => '')),
    )
    const found = texts.join('').trimEnd().split('\n')
    const clientIds = found.map(line => /: ID ((?:one|two)-\d+), IP ::1\.$/.exec(line)?.[1] ?? assert.fail(line))
    assert.equal(new Set(clientIds).size, 2 * lines)
    assert.equal(clientIds.length, 2 * lines)
    assert.deepEqual(log.entries, [])
  })

  it('says why its file cannot be opened', async test => {
    const { logDir, open } = await setUp(test)
    await mkdir(logDir)
    await writeFile(path.join(logDir, 'access'), 'a file where the folder should be')
    await assert.rejects(open(), (error: unknown) => {
      assert(error instanceof BrokerError)
      assert.equal(error.code, 'CONFIGURATION')
      assert.match(error.message, /access\/access\.log cannot be opened: (EEXIST|ENOTDIR)/)
      return true
    })
  })

  it('keeps the lines of several processes whole and each process in its order', async test => {
    const { logDir } = await setUp(test)
    const lines = 5000
    const writers = ['one', 'two'].map(name =>
      spawn(process.execPath, [WRITER.pathname, logDir, name, String(lines)], { stdio: 'inherit' }),
    )
    for (const [code] of await Promise.all(writers.map(writer => once(writer, 'exit')))) assert.equal(code, 0)
    const text = await readFile(path.join(logDir, 'access/access.log'), 'utf8')
    const clientIds = { one: 0, two: 0 }
    for (const line of text.trimEnd().split('\n')) {
      const match = /^[-\d]{10} [:\d]{8},\d{3} UTC - authentication-succeeded - .*: ID (one|two)-(\d+), IP ::1\.$/.exec(
        line,
      )
      assert(match, line)
      const name = match[1] === 'one' ? 'one' : 'two'
      assert.equal(Number(match[2]), clientIds[name]++)
    }
    assert.deepEqual(clientIds, { one: lines, two: lines })
  })
})
