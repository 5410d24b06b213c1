import type { Command, CommandContext } from './command.ts'
import { STATUS_WRONG } from './command.ts'
import { TOKEN_GET_USAGE, tokenGet } from './token-get.ts'
import { TOKEN_WHY_USAGE, tokenWhy } from './token-why.ts'

/** `guardbee token`. */
export const tokenCommand: Command = {
  name: 'token',
  sentence: '`token why` says what the door makes of an access token, step by step; `token get` gets one',
  takesArguments: true,
  run: token,
}

async function token(context: CommandContext, args: readonly string[] = []): Promise<number> {
  const [verb, ...rest] = args
  if (verb === 'why') return await tokenWhy(context, rest)
  if (verb === 'get') return await tokenGet(context, rest)
  context.terminal.complain(`${TOKEN_WHY_USAGE}\n\n${TOKEN_GET_USAGE}`)
  return STATUS_WRONG
}
