import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { isInstalled, Program, versionFrom } from '../../../../bench/brokers/program.ts'
import { makeTemporaryFolder } from '../../../support/temporary-folder.ts'
import { waitFor } from '../../../support/wait-for.ts'

function node(script: string, folder: string): Program {
  return new Program({ command: process.execPath, args: ['-e', script], cores: undefined, folder })
}

// One that has ended may wait for its parent to take notice.
function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

describe('Program', () => {
  it('is waited for and stopped, with what it started', async () => {
    const folder = await makeTemporaryFolder()
    const program = node(
      "require('child_process').spawn('sleep', ['60']); setInterval(() => {}, 9e8); console.log('up')",
      folder.path,
    )
    await program.untilReady(() => program.output.includes('up') && program.pids().length > 1, 20)
    const pids = program.pids()
    await program.stop()
    await folder.remove()
    await waitFor('the end of all of them', () => !pids.some(isRunning))
  })

  it('says what it wrote when it ends instead of getting ready', async () => {
    const folder = await makeTemporaryFolder()
    const program = node("console.error('no such option'); process.exit(3)", folder.path)
    await assert.rejects(
      program.untilReady(() => false, 20),
      /it ended: no such option/,
    )
    await program.stop()
    await folder.remove()
  })

  it('says when it cannot be run at all', async () => {
    const folder = await makeTemporaryFolder()
    const program = new Program({ command: 'no-such-broker', args: [], cores: undefined, folder: folder.path })
    await assert.rejects(
      program.untilReady(() => false, 20),
      /ENOENT/,
    )
    await folder.remove()
  })
})

describe('versionFrom', () => {
  it('is undefined for what is not installed', async () => {
    assert.equal(await isInstalled('no-such-broker'), false)
    assert.equal(await versionFrom('no-such-broker', [], /x/), undefined)
  })

  it('reads what a program says of itself, even when it fails', async () => {
    assert.equal(await versionFrom('sh', ['-c', 'echo version 4.5.6 >&2; exit 3'], /version (\S+)/), '4.5.6')
  })
})
