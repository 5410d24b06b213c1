import { readFile } from 'node:fs/promises'
import { BrokerError } from '../core/errors.ts'
import type { CommandContext } from './command.ts'
import { readSecretInput } from './standard-input.ts'

const VARIABLE = 'OAUTH_CLIENT_SECRET'
const IN_HISTORY =
  'warning: a secret among the arguments is in the history of the shell; give it by --client-secret-file'

/** The secret of a client, from where it was given; undefined: it has none. */
export async function readClientSecret(
  given: { readonly file: string | undefined; readonly argument: string | undefined },
  context: Pick<CommandContext, 'environment' | 'terminal' | 'readInput'>,
): Promise<string | undefined> {
  const { file, argument } = given
  const { environment, terminal } = context
  if (argument !== undefined) {
    terminal.complain(IN_HISTORY)
    return argument
  }
  if (file === undefined) {
    const found = environment[VARIABLE]
    return found === '' ? undefined : found
  }
  const text = file === '-' ? await readSecretInput('the client secret', context) : await textOf(file)
  return text.replace(/\r?\n$/, '')
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new BrokerError('CONFIGURATION', `${file} cannot be read`, { cause })
  }
}
