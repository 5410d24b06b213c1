import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nodeVersionProblem } from '../../../src/cli/node-version.ts'

describe('nodeVersionProblem', () => {
  it('is nothing from Node 24.11 on', () => {
    for (const version of ['24.11.0', '24.21.0', '25.0.0', '25.0.0-nightly']) {
      assert.equal(nodeVersionProblem(version), undefined)
    }
  })

  it('is one line with the fix below', () => {
    for (const version of ['24.10.9', '22.20.0', '20.20.2']) {
      const problem = nodeVersionProblem(version) ?? ''
      assert.ok(problem.includes(version) && problem.includes('npm ci'), problem)
      assert.ok(!problem.includes('\n'))
    }
  })
})
