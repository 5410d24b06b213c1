import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runCommand } from '../../../src/cli/command-line.ts'
import { RecordingContext } from './recording-context.ts'

const COMMANDS = ['start', 'dev', 'check-config', 'version', 'help']

describe('runCommand', () => {
  it('help lists every command, however it is asked for', async () => {
    for (const asked of ['help', '--help', '-h']) {
      const context = new RecordingContext()
      assert.equal(await runCommand([asked], context), 0)
      for (const command of COMMANDS) assert.match(context.terminal.printed, new RegExp(`^ {2}${command} `, 'm'))
    }
  })

  it('version prints that of the package, however it is asked for', async () => {
    for (const asked of ['version', '--version', '-v']) {
      const context = new RecordingContext()
      assert.equal(await runCommand([asked], context), 0)
      assert.match(context.terminal.printed, /^guardbee \d+\.\d+\.\d+ \(Node \d+/)
    }
  })

  it('refuses what it does not understand with status 2, the nearest command, and the list', async () => {
    const refusals: readonly (readonly [readonly string[], RegExp])[] = [
      [[], /^No command given/],
      [['strat'], /Unknown command "strat"\. Did you mean `start`\?/],
      [['\u001b[31m'], /Unknown command "\\u001b\[31m"\.\n/],
      [['check-confg'], /Did you mean `check-config`\?/],
      [['--prot'], /Unknown option '--prot'\.\n/],
      [['start', 'now'], /`guardbee start` takes no arguments, found "now"/],
    ]
    for (const [args, expected] of refusals) {
      const context = new RecordingContext()
      assert.equal(await runCommand(args, context), 2)
      assert.match(context.terminal.complained, expected)
      for (const command of COMMANDS) assert.match(context.terminal.complained, new RegExp(`^ {2}${command} `, 'm'))
      assert.equal(context.terminal.printed, '')
    }
  })
})
