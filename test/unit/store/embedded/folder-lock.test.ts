import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { lockFolder } from '../../../../src/store/embedded/folder-lock.ts'
import { makeTemporaryFolder, type TemporaryFolder } from '../../../support/temporary-folder.ts'

const inUse = { code: 'STORE_UNAVAILABLE', message: /in use by another guardbee/ }

/** Leaves behind what a process leaves that was killed while it had the folder. */
async function killedWithLock(folder: string): Promise<void> {
  const script = 'require("node:net").createServer().listen(process.argv[1], () => console.log("locked"))'
  const child = spawn(process.execPath, ['-e', script, path.join(folder, 'lock.1')], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'exit')
}

describe('lock of the data folder', () => {
  let folder: TemporaryFolder

  before(async () => {
    folder = await makeTemporaryFolder()
  })

  after(() => folder.remove())

  it('is had by one at a time', async () => {
    const lock = await lockFolder(folder.path)
    await assert.rejects(lockFolder(folder.path), inUse)
    await lock.release()
    const next = await lockFolder(folder.path)
    await next.release()
    assert.deepEqual(await readdir(folder.path), [])
  })

  it('is free again when the process that had it was killed', async () => {
    await killedWithLock(folder.path)
    assert.deepEqual(await readdir(folder.path), ['lock.1'])
    const lock = await lockFolder(folder.path)
    await assert.rejects(lockFolder(folder.path), inUse)
    await lock.release()
  })

  it('goes to one of many who want it after such a process', async () => {
    await killedWithLock(folder.path)
    const wanting = Array.from({ length: 8 }, () => lockFolder(folder.path))
    const results = await Promise.allSettled(wanting)
    const locks = results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
    assert.equal(locks.length, 1)
    await Promise.all(locks.map(lock => lock.release()))
  })

  it('says so where the path is too long for a socket', async () => {
    const long = path.join(folder.path, 'x'.repeat(100))
    await assert.rejects(lockFolder(long), { code: 'STORE_UNAVAILABLE', message: /too long/ })
  })
})
