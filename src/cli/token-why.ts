import { isIP } from 'node:net'
import { parseArgs } from 'node:util'
import { isLoopback } from '../config/loopback.ts'
import type { CommandContext } from './command.ts'
import { STATUS_FAILED, STATUS_OK, STATUS_WRONG } from './command.ts'
import { errorText } from './error-text.ts'
import { explainAt } from './explain-at.ts'
import { explainHere } from './explain-here.ts'
import { readTokenInput } from './token-input.ts'

/** How `guardbee token why` is written. */
export const TOKEN_WHY_USAGE = [
  'Usage: guardbee token why [-|--file FILE] [--publish TOPIC] [--subscribe FILTER] [--qos 0|1|2] [--retain]',
  '                          [--client-id ID] [--username NAME] [--listener NAME] [--at http://127.0.0.1:8080] [--json]',
  '',
  'Says what the door makes of an access token, step by step, and what its client may do. The token comes from a file or',
  'standard input. The configuration decides here as `guardbee start` reads it; with --at the running node does, whose',
  'secret GUARDBEE_ADMIN_TOKEN is. Status 0: allowed, 1: refused, 2: it could not be asked.',
].join('\n')

interface Arguments {
  readonly form: URLSearchParams
  readonly argument: string | undefined
  readonly file: string | undefined
  readonly at: string | undefined
  readonly json: boolean
}

/** `guardbee token why`. */
export async function tokenWhy(context: CommandContext, args: readonly string[]): Promise<number> {
  const { terminal } = context
  const given = readArguments(args)
  if (typeof given === 'string') {
    terminal.complain(`${given}\n\n${TOKEN_WHY_USAGE}`)
    return STATUS_WRONG
  }
  const input = await readTokenInput(given, context)
  if (typeof input === 'string') return wrong(context, input)
  given.form.set('token', input.token)
  try {
    const explained = await (given.at === undefined
      ? explainHere(given.form, context)
      : explainAt(given.at, given.form, context))
    if (typeof explained === 'string') return wrong(context, explained)
    terminal.print(given.json ? JSON.stringify(explained.explanation, null, 2) : headed(explained.text, context))
    return explained.allowed ? STATUS_OK : STATUS_FAILED
  } catch (error) {
    return wrong(context, `The token could not be looked at: ${errorText(error)}`)
  }
}

function wrong({ terminal }: CommandContext, why: string): number {
  terminal.complain(why)
  return STATUS_WRONG
}

/** The first line is the answer. */
function headed(text: string, { terminal }: CommandContext): string {
  const [answer = '', ...rest] = text.split('\n')
  return [terminal.bold(answer), ...rest].join('\n')
}

function readArguments(args: readonly string[]): Arguments | string {
  try {
    const text = { type: 'string' } as const
    const flag = { type: 'boolean' } as const
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        file: text,
        at: text,
        publish: text,
        subscribe: text,
        qos: text,
        retain: flag,
        listener: text,
        'client-id': text,
        username: text,
        json: flag,
      },
    })
    const { file, at, json = false, retain = false, ...fields } = values
    const form = new URLSearchParams()
    for (const [name, value] of Object.entries(fields)) form.set(name.replace('-', '_'), value)
    if (retain) form.set('retain', 'true')
    if (at !== undefined && !isLoopbackUrl(at))
      return '--at expects the admin port of a node on this machine: http://127.0.0.1:8080'
    if (positionals.length > 1) return 'More than one token is given.'
    return { form, argument: positionals[0], file, at, json }
  } catch (error) {
    // Node's message goes on with advice that could quote a token.
    return error instanceof Error ? `${error.message.split('. ', 1)[0]}.` : String(error)
  }
}

function isLoopbackUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || url.protocol !== 'http:') return false
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return host === 'localhost' || (isIP(host) !== 0 && isLoopback(host))
}
