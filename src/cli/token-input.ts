import { readFile, stat } from 'node:fs/promises'
import type { CommandContext } from './command.ts'
import { errorText } from './error-text.ts'
import { readSecretInput } from './standard-input.ts'

/** Where a token is taken from. */
export interface TokenSource {
  /** As an argument; `-` and undefined: from standard input. */
  readonly argument: string | undefined
  readonly file: string | undefined
}

const FILE_BYTES_MAX = 64 * 1024
const IN_HISTORY =
  'warning: a token among the arguments is in the history of the shell; give it by --file or on standard input'

/** The token, without the line end behind it; or why there is none. What it holds besides is left for the door to judge. */
export async function readTokenInput(
  { argument, file }: TokenSource,
  context: Pick<CommandContext, 'terminal' | 'readInput'>,
): Promise<{ readonly token: string } | string> {
  if (argument !== undefined && file !== undefined) return 'The token is given twice: by --file and beside it.'
  if (argument !== undefined && argument !== '-') {
    context.terminal.complain(IN_HISTORY)
    return { token: argument }
  }
  try {
    const text = file === undefined ? await readSecretInput('the token', context) : await readSmallFile(file)
    return { token: text.replace(/\r?\n$/, '') }
  } catch (error) {
    return `The token cannot be read: ${errorText(error)}`
  }
}

async function readSmallFile(file: string): Promise<string> {
  const { size } = await stat(file)
  if (size > FILE_BYTES_MAX) throw new Error(`${file} is larger than ${FILE_BYTES_MAX} bytes`)
  return await readFile(file, 'utf8')
}
