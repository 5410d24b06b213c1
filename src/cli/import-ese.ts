import type { Command, CommandContext } from './command.ts'
import { STATUS_FAILED, STATUS_OK, STATUS_WRONG } from './command.ts'
import { errorText } from './error-text.ts'
import { variablesOf } from './ese-as-variables.ts'
import { securityModelFromFile } from './security.ts'

const USAGE = [
  'Usage: guardbee import ese FILE',
  '',
  "Prints the variables that do the same as HiveMQ's enterprise-security-extension.xml, where one issuer is enough; else",
  'says which of its elements need the file, as GUARDBEE_SECURITY_FILE. Status 0: printed, 1: the file is needed.',
].join('\n')

/** `guardbee import`. */
export const importCommand: Command = {
  name: 'import',
  sentence: "`import ese FILE` prints the variables that do the same as HiveMQ's security file",
  takesArguments: true,
  run: importEse,
}

async function importEse({ environment, terminal }: CommandContext, args: readonly string[] = []): Promise<number> {
  const [from, file, ...rest] = args
  if (from !== 'ese' || file === undefined || rest.length > 0) {
    terminal.complain(USAGE)
    return STATUS_WRONG
  }
  try {
    const { variables, notes, needs } = variablesOf(await securityModelFromFile(file, environment))
    if (needs.length === 0) {
      terminal.print(
        [...notes.map(note => `# ${note}`), ...variables.map(({ name, value }) => `${name}=${quoted(value)}`)].join(
          '\n',
        ),
      )
      return STATUS_OK
    }
    const head = `These need the file itself; run with GUARDBEE_SECURITY_FILE=${quoted(file)}:`
    terminal.complain([head, ...needs.map(need => `  ${need}`)].join('\n'))
    return STATUS_FAILED
  } catch (error) {
    terminal.complain(errorText(error))
    return STATUS_WRONG
  }
}

/** As a shell and a file of variables for systemd take it; Docker's `--env-file` takes what needs no quotes. */
function quoted(value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", String.raw`'\''`)}'`
}
