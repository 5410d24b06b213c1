import { accessLogPath } from '../auth/access-log.ts'
import { securityModelFromSettings } from '../auth/environment-security-model.ts'
import { devRules } from '../config/rules.ts'
import type { Environment } from '../config/setting.ts'
import { readSettings } from '../config/settings.ts'
import type { Settings } from '../config/settings-type.ts'
import { busyPorts } from './busy-ports.ts'
import type { Command, CommandContext } from './command.ts'
import { STATUS_FAILED, STATUS_WRONG } from './command.ts'
import { devBanner } from './dev-banner.ts'
import { DEV_AUDIENCE, DEV_SCOPE } from './dev-issuer/access-tokens.ts'
import type { DevIssuer } from './dev-issuer/dev-issuer.ts'
import { startDevIssuer } from './dev-issuer/dev-issuer.ts'
import { errorText } from './error-text.ts'
import { isOnPath } from './on-path.ts'
import { refusalText } from './problem-text.ts'
import { serve } from './serve.ts'
import { startUntilStopped } from './start-until-stopped.ts'
import { wantedPorts } from './wanted-ports.ts'

/** `guardbee dev`. */
export const devCommand: Command = {
  name: 'dev',
  sentence: 'tries it out: a broker and an issuer of its own on the loopback address; never for production',
  run: dev,
}

/** What holds in development where the environment says nothing else. */
const DEV_DEFAULTS: Environment = {
  GUARDBEE_BIND_ADDRESS: '127.0.0.1',
  GUARDBEE_WORKERS: '2',
  GUARDBEE_DURABILITY: 'memory',
  // Keeps the terminal to the banner and to what goes wrong.
  GUARDBEE_LOG_LEVEL: 'warn',
}

async function dev(context: CommandContext): Promise<number> {
  const { environment, facts, terminal } = context
  const { settings, problems } = readSettings(withDefaults(environment), facts, devRules)
  if (settings === undefined) {
    terminal.complain(refusalText(problems))
    return STATUS_WRONG
  }
  const issuerPort = { setting: 'GUARDBEE_DEV_ISSUER_PORT', address: '127.0.0.1', port: settings.devIssuerPort }
  const busy = await busyPorts([...wantedPorts(settings), issuerPort])
  if (busy.length > 0) {
    terminal.complain(refusalText(busy))
    return STATUS_FAILED
  }
  try {
    return await serveWithIssuer(settings, context)
  } catch (error) {
    terminal.complain(`guardbee could not start: ${errorText(error)}`)
    return STATUS_FAILED
  }
}

async function serveWithIssuer(settings: Settings, context: CommandContext): Promise<number> {
  const { clock, random } = context
  const log = context.createLog(settings.logLevel)
  const issuer = await startDevIssuer({ port: settings.devIssuerPort, clock, random, log })
  try {
    return await serveDev(settings, issuer, context)
  } finally {
    await issuer.stop()
  }
}

async function serveDev(settings: Settings, issuer: DevIssuer, context: CommandContext): Promise<number> {
  const { environment, terminal } = context
  const security = securityModelFromSettings({
    issuer: issuer.issuer,
    jwksUri: issuer.jwksUri,
    audience: DEV_AUDIENCE,
    scope: DEV_SCOPE,
    scopeClaim: settings.jwtScopeClaim,
  })
  const broker = await startUntilStopped(settings, security, context)
  const accessLog = accessLogPath(settings.logDir, security.accessLog)
  const mosquitto = isOnPath('mosquitto_pub', environment) && isOnPath('mosquitto_sub', environment)
  terminal.print(devBanner({ broker, issuer, accessLog, mosquitto, terminal }))
  return await serve(broker, context)
}

function withDefaults(environment: Environment): Environment {
  const given = Object.entries(environment).filter(
    ([name, value]) => !(Object.hasOwn(DEV_DEFAULTS, name) && value === ''),
  )
  return { ...DEV_DEFAULTS, ...Object.fromEntries(given) }
}
