import assert from 'node:assert/strict'
import { stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openDataFolder } from '../../../../src/store/embedded/open-data-folder.ts'
import { makeTemporaryFolder, type TemporaryFolder } from '../../../support/temporary-folder.ts'

describe('openDataFolder', () => {
  let folder: TemporaryFolder

  before(async () => {
    folder = await makeTemporaryFolder()
  })

  after(() => folder.remove())

  it('makes a folder that is missing, for this user alone, and takes it', async () => {
    const dataDir = path.join(folder.path, 'new/data')
    const { folder: made, release } = await openDataFolder(dataDir)
    assert.equal((await stat(dataDir)).mode & 0o777, 0o700)
    assert.equal(made.path, dataDir)
    await assert.rejects(openDataFolder(dataDir), { code: 'STORE_UNAVAILABLE', message: /in use by another guardbee/ })
    await release()
    await (await openDataFolder(dataDir)).release()
  })

  it('says which folder cannot be written', async () => {
    const file = path.join(folder.path, 'file')
    await writeFile(file, '')
    for (const dataDir of [file, path.join(file, 'data')]) {
      const message = `the data folder ${dataDir} cannot be written`
      await assert.rejects(openDataFolder(dataDir), { code: 'STORE_UNAVAILABLE', message })
    }
  })
})
