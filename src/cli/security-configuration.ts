import type { SecurityModel } from '../auth/security-model.ts'
import type { SecurityReader } from '../auth/security-source.ts'
import { secretFilesIn } from '../config/issuers-file.ts'
import { fileVariable } from '../config/secret-files.ts'
import { readSettings } from '../config/settings.ts'
import type { Settings } from '../config/settings-type.ts'
import { BrokerError } from '../core/errors.ts'
import { silentLog, type Log, type LogFields } from '../ports/telemetry.ts'
import type { CommandContext } from './command.ts'
import { KnownIssuers } from './known-issuers.ts'
import { problemText } from './problem-text.ts'
import { securityModelFromFile, securityModelFromVariables, textOf } from './security.ts'

const CLIENT_SECRET_FILE = fileVariable('GUARDBEE_JWT_INTROSPECTION_CLIENT_SECRET')
/** Of several configurations, each of which may bring one for each of its issuers. */
const WARNINGS_MAX = 256

/** The security configuration of `start`, as it is first read, and whenever its files have changed. */
export class SecurityConfiguration implements SecurityReader {
  readonly #context: CommandContext
  readonly #issuers: KnownIssuers
  readonly #warned = new Set<string>()
  #files: readonly string[] = []

  constructor(context: CommandContext) {
    this.#context = context
    this.#issuers = new KnownIssuers(context.discoverIssuer)
  }

  get files(): readonly string[] {
    return this.#files
  }

  /** An issuer that gives no answer is waited for. */
  async first(settings: Settings): Promise<SecurityModel> {
    const log = this.#context.createLog(settings.logLevel)
    const discoverIssuer = this.#issuers.ask
    return await this.#model(settings, { ...this.#context, discoverIssuer }, this.#noting(log))
  }

  async read(): Promise<SecurityModel> {
    const { environment, facts } = this.#context
    // For the secrets, which may stand in files too.
    const { settings, problems } = readSettings(environment, facts)
    if (settings === undefined) throw new BrokerError('CONFIGURATION', problemText(problems))
    const log = this.#context.createLog(settings.logLevel)
    const discoverIssuer = this.#issuers.askOnce
    return await this.#model(settings, { ...this.#context, discoverIssuer }, this.#onlyNews(log))
  }

  async #model(settings: Settings, context: CommandContext, log: Log): Promise<SecurityModel> {
    const { environment } = context
    const { securityFile, jwtIssuersFile } = settings
    const named = [securityFile, jwtIssuersFile, environment[CLIENT_SECRET_FILE]]
    this.#files = named.filter(file => file !== undefined).filter(file => file !== '')
    if (securityFile !== undefined) return await securityModelFromFile(securityFile, environment)
    if (jwtIssuersFile !== undefined) {
      const secrets = secretFilesIn(await textOf(jwtIssuersFile, 'CONFIGURATION'))
      this.#files = [...this.#files, ...secrets]
    }
    return await securityModelFromVariables(settings, log, context)
  }

  /** The log, of whose warnings is noted that they were given. */
  #noting(log: Log): Log {
    const warn = (event: string, fields?: LogFields): void => {
      this.#isNews(event, fields)
      log.warn(event, fields)
    }
    return { ...errorsOf(log), info: (event, fields) => log.info(event, fields), warn }
  }

  /** What is read again and again does not say each time what it lacks. */
  #onlyNews(log: Log): Log {
    const warn = (event: string, fields?: LogFields): void => {
      if (this.#isNews(event, fields)) log.warn(event, fields)
    }
    return { ...errorsOf(log), warn }
  }

  #isNews(event: string, fields: LogFields | undefined): boolean {
    const warning = JSON.stringify([event, fields])
    if (this.#warned.has(warning)) return false
    if (this.#warned.size >= WARNINGS_MAX) this.#warned.clear()
    this.#warned.add(warning)
    return true
  }
}

function errorsOf(log: Log): Log {
  return { ...silentLog, error: (event, error, fields) => log.error(event, error, fields) }
}
