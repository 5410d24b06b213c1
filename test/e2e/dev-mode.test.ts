import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startGuardbee } from '../support/guardbee-process.ts'
import { startProgram, systemProgram } from '../support/programs.ts'
import { Teardown } from '../support/teardown.ts'
import { waitFor, within } from '../support/wait-for.ts'
import type { GuardbeeProcess } from '../support/guardbee-process.ts'
import type { RunningProgram } from '../support/programs.ts'

const READY_MS_MAX = 10_000

/** What dev sets by itself is left to it, but for the log, which has to say when it is ready. */
const SETTINGS = {
  GUARDBEE_BIND_ADDRESS: undefined,
  GUARDBEE_WORKERS: undefined,
  GUARDBEE_DEV_ISSUER_PORT: '0',
  GUARDBEE_LOG_LEVEL: 'info',
}

/** Commands that `guardbee dev` prints: each stands on a line of its own. */
interface PrintedCommands {
  readonly token: string
  readonly subscribe: string
  readonly publish: string
  readonly refused: string
}

describe('guardbee dev', { timeout: 60_000 }, () => {
  const teardown = new Teardown()
  let guardbee: GuardbeeProcess
  let commands: PrintedCommands
  let readyMs: number

  before(async () => {
    const startMs = performance.now()
    guardbee = teardown.add(await startGuardbee(SETTINGS, 'dev'), opened => opened.destroy())
    commands = await waitFor('the commands to try', () => printedCommands(guardbee))
    readyMs = performance.now() - startMs
  })

  after(() => teardown.run())

  it('is ready with two workers on the loopback, and says that it is not for production', test => {
    test.diagnostic(`ready after ${Math.round(readyMs)} ms`)
    assert.ok(readyMs < READY_MS_MAX)
    assert.equal(guardbee.startedWorkers.length, 2)
    assert.match(written(guardbee), /never .*production/i)
    for (const scheme of ['mqtt', 'ws']) assert.equal(guardbee.listenerUrl(scheme).hostname, '127.0.0.1')
  })

  it('prints commands that work when pasted: get a token, subscribe, publish', async () => {
    const subscriber = paste(commands.token, commands.subscribe)
    try {
      // Nothing tells a second terminal that the first has subscribed, so the user publishes until it is seen.
      const seen = await waitFor('the published message at the subscriber', async () => {
        const publisher = paste(commands.token, commands.publish)
        publisher.closeInput()
        const { status, stderr } = await within('end of the publisher', publisher.ended)
        assert.equal(status, 0, stderr)
        return subscriber.stdout !== '' && subscriber.stdout
      })
      assert.ok(seen.length > 0)
    } finally {
      await subscriber.destroy()
    }
  })

  it('prints a command without a token that is refused', async () => {
    assert.ok(!commands.refused.includes('$TOKEN'))
    const shell = paste(commands.refused)
    shell.closeInput()
    const { status, stderr, stdout } = await within('end of the refused client', shell.ended)
    assert.notEqual(status, 0)
    assert.match(stdout + stderr, /not authori[sz]ed/i)
    await guardbee.waitForEvent('client refused', fields => fields['cause'] === 'no_token')
  })
})

function printedCommands(guardbee: GuardbeeProcess): PrintedCommands | undefined {
  const lines = written(guardbee)
    .split('\n')
    .map(line => line.trim())
  const token = lines.find(line => line.startsWith('TOKEN='))
  const subscribe = lines.find(line => isClient(line, 'sub') && line.includes('$TOKEN'))
  const publish = lines.find(line => isClient(line, 'pub') && line.includes('$TOKEN'))
  const refused = lines.find(line => isClient(line, 'pub') && !line.includes('$TOKEN'))
  if (token === undefined || subscribe === undefined || publish === undefined || refused === undefined) return undefined
  return { token, subscribe, publish, refused }
}

function isClient(line: string, kind: 'pub' | 'sub'): boolean {
  return line.startsWith(`mosquitto_${kind} `)
}

function written(guardbee: GuardbeeProcess): string {
  return guardbee.program.stdout + guardbee.program.stderr
}

/** A shell into which these lines are pasted; `exec` makes the last one the process that the test ends. */
function paste(...lines: readonly string[]): RunningProgram {
  const shell = startProgram(systemProgram('sh'), [])
  const last = lines.at(-1)?.replace(/\s*&$/, '')
  shell.write([...lines.slice(0, -1), `exec ${last}`, ''].join('\n'))
  return shell
}
