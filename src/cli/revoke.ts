import { parseArgs } from 'node:util'
import { reachableHost } from '../config/loopback.ts'
import { readSettings } from '../config/settings.ts'
import type { Command, CommandContext } from './command.ts'
import { STATUS_FAILED, STATUS_OK, STATUS_WRONG } from './command.ts'
import { errorText } from './error-text.ts'
import { refusalText } from './problem-text.ts'

const USAGE = [
  'Usage: guardbee revoke --jti|--sub|--client|--sid VALUE [--issuer ISSUER] [--expires-in SECONDS]',
  '       guardbee revoke --issuer ISSUER [--expires-in SECONDS]',
  '',
  'Refuses the tokens, and closes the connections that they opened, at once; of a subject, client, session or issuer',
  'those issued up to now. Asks the node that GUARDBEE_ADMIN_PORT and GUARDBEE_ADMIN_TOKEN name.',
].join('\n')
const ANSWER_MS = 10_000

/** `guardbee revoke`. */
export const revokeCommand: Command = {
  name: 'revoke',
  sentence: 'refuses tokens by --jti, --sub, --client, --sid or --issuer, and closes their connections',
  takesArguments: true,
  run: revoke,
}

async function revoke(context: CommandContext, args: readonly string[] = []): Promise<number> {
  const { environment, facts, terminal } = context
  const form = readForm(args)
  if (typeof form === 'string') {
    terminal.complain(`${form}\n\n${USAGE}`)
    return STATUS_WRONG
  }
  const { settings, problems } = readSettings(environment, facts, [])
  if (settings === undefined) {
    terminal.complain(refusalText(problems))
    return STATUS_WRONG
  }
  const { adminBindAddress, adminPort, adminToken } = settings
  if (adminPort === undefined || adminPort === 0 || adminToken === undefined) {
    terminal.complain('GUARDBEE_ADMIN_PORT and GUARDBEE_ADMIN_TOKEN must be those of the running node.')
    return STATUS_WRONG
  }
  return await send(form, `http://${reachableHost(adminBindAddress)}:${adminPort}/revocations`, adminToken, context)
}

/** The form for the admin server, or what is wrong with the arguments. */
function readForm(args: readonly string[]): URLSearchParams | string {
  try {
    const text = { type: 'string' } as const
    const { values } = parseArgs({
      args: [...args],
      options: { jti: text, sub: text, client: text, sid: text, issuer: text, 'expires-in': text },
    })
    const form = new URLSearchParams()
    for (const [name, value] of Object.entries(values)) form.set(name.replace('-', '_'), value)
    return form.size === 0 ? 'Nothing to revoke is named.' : form
  } catch (error) {
    // Node's message goes on with advice on the `--` that this command has no use for.
    return error instanceof Error ? `${error.message.split('. ', 1)[0]}.` : String(error)
  }
}

async function send(
  form: URLSearchParams,
  url: string,
  adminToken: string,
  { terminal, clock }: CommandContext,
): Promise<number> {
  const abort = new AbortController()
  const timer = clock.after(ANSWER_MS, () => abort.abort())
  try {
    const headers = { authorization: `Bearer ${adminToken}` }
    const response = await fetch(url, { method: 'POST', body: form, headers, redirect: 'manual', signal: abort.signal })
    const said = (await response.text()).trim()
    if (response.status === 200) terminal.print(said)
    else terminal.complain(`The node refuses with status ${response.status}: ${said}`)
    return response.status === 200 ? STATUS_OK : STATUS_FAILED
  } catch (error) {
    terminal.complain(`The node at ${url} gives no answer: ${errorText(error)}`)
    return STATUS_FAILED
  } finally {
    timer.cancel()
  }
}
