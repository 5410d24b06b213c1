import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { ReplaceableAccessLog } from '../../../src/auth/replaceable-access-log.ts'
import { DEFAULT_ACCESS_LOG } from '../../../src/auth/security-model.ts'
import { EndOfTick } from '../../../src/core/end-of-tick.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLog } from '../../support/recording-log.ts'
import { makeTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts'

const OTHER = { ...DEFAULT_ACCESS_LOG, subFolder: 'elsewhere' }

describe('an access log that is replaced', () => {
  let folder: TemporaryFolder
  let accessLog: ReplaceableAccessLog

  beforeEach(async () => {
    folder = await makeTemporaryFolder()
    accessLog = await ReplaceableAccessLog.open({
      model: DEFAULT_ACCESS_LOG,
      logDir: folder.path,
      clock: new FakeClock(),
      log: new RecordingLog(),
      endOfTick: new EndOfTick(setImmediate),
    })
  })
  afterEach(async () => {
    await accessLog.close()
    await folder.remove()
  })

  /** The clients in an access log. */
  async function clientsIn(subFolder: string): Promise<readonly unknown[]> {
    const text = await readFile(path.join(folder.path, subFolder, 'access.log'), 'utf8')
    return [...text.matchAll(/\bID (\w+),/g)].map(([, clientId]) => clientId)
  }

  it('is written to from one line on, and the old one has all before it', async () => {
    accessLog.authenticationSucceeded('a', '::1')
    const take = await accessLog.prepare(OTHER)
    accessLog.authenticationFailed('b', '::1', 'why')
    take()
    accessLog.authorizationSucceeded('c', '::1', [])
    accessLog.authorizationFailed('d', '::1', 'why')
    await accessLog.close()
    assert.deepEqual(
      [await clientsIn('access'), await clientsIn('elsewhere')],
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    )
  })

  it('can be switched off and on again', async () => {
    const off = await accessLog.prepare({ ...DEFAULT_ACCESS_LOG, enabled: false })
    off()
    accessLog.authenticationSucceeded('a', '::1')
    const on = await accessLog.prepare(DEFAULT_ACCESS_LOG)
    on()
    accessLog.authenticationSucceeded('b', '::1')
    await accessLog.close()
    assert.deepEqual(await clientsIn('access'), ['b'])
  })

  it('stays the one it is where the other cannot be opened', async () => {
    await writeFile(path.join(folder.path, 'elsewhere'), '')
    await assert.rejects(accessLog.prepare(OTHER), { code: 'CONFIGURATION' })
    accessLog.authenticationSucceeded('a', '::1')
    await accessLog.close()
    assert.deepEqual(await clientsIn('access'), ['a'])
  })
})
