import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { describe, it } from 'node:test'
import { relinkForOlderGlibc } from '../../../src/transport/elf-relink.ts'
import { knownBinaries, loadUws, uwsCacheFolder } from '../../../src/transport/uws.ts'
import { makeTemporaryFolder } from '../../support/temporary-folder.ts'

describe('uWebSockets.js', () => {
  for (const [build, known] of knownBinaries) {
    it(`is pinned for ${build} as published and as relinked`, async () => {
      const packageFolder = path.dirname(createRequire(import.meta.url).resolve('uWebSockets.js'))
      const published = await readFile(path.join(packageFolder, `uws_linux_${build}.node`))
      assert.equal(sha256(published), known.sha256)
      assert.equal(sha256(relinkForOlderGlibc(published)), known.relinkedSha256)
    })
  }

  it('loads, and a second time from what the first has cached', async () => {
    const folder = await makeTemporaryFolder()
    for (let time = 0; time < 2; time++) {
      const uws = loadUws(folder.path)
      assert.ok(!('unavailable' in uws), 'it can be had on this machine')
      uws.App().close()
    }
    await folder.remove()
  })

  it('keeps its copy in the cache folder of the user, else among the temporary files', () => {
    assert.equal(uwsCacheFolder('/caches/bee'), '/caches/bee/guardbee')
    assert.match(uwsCacheFolder(undefined), /guardbee-\d+$/)
    assert.match(uwsCacheFolder('relative'), /guardbee-\d+$/)
  })
})

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
