import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { openSocketFolder } from '../../../src/cluster/socket-folder.ts'
import { makeTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts'

describe('the folder of the sockets', () => {
  let temporary: TemporaryFolder
  let parent: string

  beforeEach(async () => {
    temporary = await makeTemporaryFolder()
    parent = temporary.path
  })

  afterEach(() => temporary.remove())

  it('is for its user only and named after the primary', async () => {
    const folder = await openSocketFolder(parent, process.pid)
    assert.equal(statSync(folder).mode & 0o777, 0o700)
    assert.match(path.basename(folder), new RegExp(`^guardbee-sockets-${process.pid}-`))
  })

  it('takes away what primaries left that were killed, and nothing else', async () => {
    const { pid: ended } = spawnSync(process.execPath, ['--version'])
    const left = path.join(parent, `guardbee-sockets-${ended}-abcdef`)
    const running = path.join(parent, `guardbee-sockets-${process.pid}-abcdef`)
    const other = path.join(parent, 'guardbee-notes')
    for (const folder of [left, running, other]) mkdirSync(folder)
    await openSocketFolder(parent, process.pid)
    assert.deepEqual([left, running, other].map(existsSync), [false, true, true])
  })
})
