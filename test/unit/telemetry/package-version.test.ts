import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { packageVersion } from '../../../src/telemetry/package-version.ts'

describe('packageVersion', () => {
  it('is that of the manifest, and a version', () => {
    assert.match(packageVersion(), /^\d+\.\d+\.\d+(-[\w.]+)?$/)
  })
})
