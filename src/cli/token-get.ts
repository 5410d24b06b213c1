import { parseArgs } from 'node:util'
import { discoverIssuer } from '../auth/discovery.ts'
import { serverFetch } from '../auth/server-fetch.ts'
import { beginDeviceFlow, pollDeviceToken, requestClientToken, type TokenClient } from '../auth/token-requests.ts'
import { BrokerError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import { readClientSecret } from './client-secret.ts'
import type { CommandContext } from './command.ts'
import { STATUS_FAILED, STATUS_OK, STATUS_WRONG } from './command.ts'
import { errorText } from './error-text.ts'

/** How `guardbee token get` is written. */
export const TOKEN_GET_USAGE = [
  'Usage: guardbee token get --issuer URL --client-id ID [--client-secret-file FILE|-] [--client-auth basic|post]',
  '                          [--scope SCOPES] [--audience AUDIENCE] [--ca-file FILE] [--device]',
  '',
  'Gets an access token for a client itself, or with --device for the person who agrees in a browser, and prints it. The',
  "client's secret comes from a file, from OAUTH_CLIENT_SECRET, or with - from standard input.",
].join('\n')

const REQUEST_MS = 15_000
const SLOW_DOWN_MS = 5_000

interface Arguments {
  readonly issuer: string
  readonly clientId: string
  readonly device: boolean
  readonly authentication: 'basic' | 'post'
  readonly scope: string | undefined
  readonly audience: string | undefined
  readonly caFile: string | undefined
  readonly secretFile: string | undefined
  readonly secret: string | undefined
}

/** `guardbee token get`. */
export async function tokenGet(context: CommandContext, args: readonly string[]): Promise<number> {
  const { terminal } = context
  const given = readArguments(args)
  if (typeof given === 'string') {
    terminal.complain(`${given}\n\n${TOKEN_GET_USAGE}`)
    return STATUS_WRONG
  }
  try {
    const client = await clientOf(given, context)
    terminal.print(
      given.device
        ? await deviceToken(client, context)
        : await bounded(context.clock, signal => requestClientToken(client, signal)),
    )
    return STATUS_OK
  } catch (error) {
    terminal.complain(`No token: ${errorText(error)}`)
    return error instanceof BrokerError && error.code === 'CONFIGURATION' ? STATUS_WRONG : STATUS_FAILED
  }
}

async function clientOf(given: Arguments, context: CommandContext): Promise<TokenClient> {
  const { issuer, clientId, authentication, scope, audience, caFile, device } = given
  const clientSecret = await readClientSecret({ file: given.secretFile, argument: given.secret }, context)
  const fetch = serverFetch(caFile === undefined ? undefined : { caFile })
  const wanted = device ? (['token_endpoint', 'device_authorization_endpoint'] as const) : (['token_endpoint'] as const)
  const { tokenEndpoint = '', deviceAuthorizationEndpoint } = await discoverIssuer(issuer, {
    clock: context.clock,
    wanted,
    fetch,
  })
  return {
    issuer,
    tokenEndpoint,
    deviceAuthorizationEndpoint,
    clientId,
    clientSecret,
    authentication,
    scope,
    audience,
    fetch,
  }
}

/** Tells the person where to agree and asks, no more often than the server wants, until they have or it is too late. */
async function deviceToken(client: TokenClient, { clock, terminal }: CommandContext): Promise<string> {
  const grant = await bounded(clock, signal => beginDeviceFlow(client, signal))
  terminal.complain(`Open ${grant.verificationUri} and enter the code ${grant.userCode}`)
  const endMs = clock.nowMs() + grant.expiresInSeconds * 1_000
  let intervalMs = grant.intervalSeconds * 1_000
  while (clock.nowMs() + intervalMs < endMs) {
    await new Promise<void>(resolve => clock.after(intervalMs, resolve))
    const poll = await bounded(clock, signal => pollDeviceToken(client, grant.deviceCode, signal))
    if (poll.kind === 'token') return poll.token
    if (poll.kind === 'slow-down') intervalMs += SLOW_DOWN_MS
  }
  throw new BrokerError('TOKEN_REFUSED', 'nobody agreed in time')
}

async function bounded<Result>(clock: Clock, ask: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const abort = new AbortController()
  const timer = clock.after(REQUEST_MS, () => abort.abort())
  try {
    return await ask(abort.signal)
  } finally {
    timer.cancel()
  }
}

function readArguments(args: readonly string[]): Arguments | string {
  try {
    const text = { type: 'string' } as const
    const { values } = parseArgs({
      args: [...args],
      options: {
        issuer: text,
        'client-id': text,
        'client-secret-file': text,
        'client-secret': text,
        'client-auth': text,
        scope: text,
        audience: text,
        'ca-file': text,
        device: { type: 'boolean' },
      },
    })
    const { issuer, 'client-id': clientId, 'client-auth': authentication = 'basic' } = values
    if (issuer === undefined || clientId === undefined) return '--issuer and --client-id are needed.'
    if (authentication !== 'basic' && authentication !== 'post') return '--client-auth: expected basic or post.'
    return {
      issuer,
      clientId,
      authentication,
      device: values.device === true,
      scope: values.scope,
      audience: values.audience,
      caFile: values['ca-file'],
      secretFile: values['client-secret-file'],
      secret: values['client-secret'],
    }
  } catch (error) {
    // Node's message goes on with advice that could quote a secret.
    return error instanceof Error ? `${error.message.split('. ', 1)[0]}.` : String(error)
  }
}
