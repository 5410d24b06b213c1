import type { Command } from './command.ts'
import { STATUS_OK } from './command.ts'

/** `guardbee help`, for the commands given and itself. */
export function helpCommand(commands: readonly Command[]): Command {
  const help: Command = {
    name: 'help',
    sentence: 'prints this',
    run: ({ terminal }) => {
      terminal.print(helpText([...commands, help]))
      return STATUS_OK
    },
  }
  return help
}

/** How the command line is written, and every command with its sentence. */
export function helpText(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(command => command.name.length))
  const lines = commands.map(({ name, sentence }) => `  ${name.padEnd(width)}  ${sentence}`)
  const settings = 'Settings are environment variables; `guardbee check-config` prints all of them.'
  return ['Usage: guardbee <command>', '', ...lines, '', settings].join('\n')
}
