import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import { isOnPath } from '../../../src/cli/on-path.ts'

describe('isOnPath', () => {
  it('finds programs that may be run, and no other files', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'guardbee-test-'))
    try {
      const environment = { PATH: `/nowhere::${folder}` }
      await writeFile(path.join(folder, 'program'), '')
      assert.equal(isOnPath('program', environment), false)
      await chmod(path.join(folder, 'program'), 0o755)
      assert.equal(isOnPath('program', environment), true)
      assert.equal(isOnPath('other', environment), false)
      assert.equal(isOnPath('program', {}), false)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
