import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { describe, it } from 'node:test'

const REPOSITORY = path.resolve(import.meta.dirname, '../..')

describe('generated references', () => {
  it('are fresh; if not, run `node scripts/generate-references.ts`', () => {
    const check = spawnSync(process.execPath, ['scripts/generate-references.ts', '--check'], {
      cwd: REPOSITORY,
      encoding: 'utf8',
      timeout: 30_000,
    })
    assert.equal(check.status, 0, check.stderr)
  })
})
