import type { DiscoveryOptions, IssuerMetadata } from '../auth/discovery.ts'
import type { SecurityModel } from '../auth/security-model.ts'
import type { SecurityReader } from '../auth/security-source.ts'
import type { RunningBroker } from '../cluster/primary.ts'
import type { Environment, Facts } from '../config/setting.ts'
import type { Settings } from '../config/settings-type.ts'
import type { Clock, Random } from '../ports/clock.ts'
import type { Log } from '../ports/telemetry.ts'
import type { LogLevel } from '../telemetry/logger.ts'
import type { StopSignals } from './stop-signals.ts'
import type { Terminal } from './terminal.ts'

/** Exit status of a command that did what it was asked for. */
export const STATUS_OK = 0
/** Exit status when something failed on the way. */
export const STATUS_FAILED = 1
/** Exit status when the command line or the configuration is wrong. */
export const STATUS_WRONG = 2

/** Everything a command touches, so that a test can hand in its own. */
export interface CommandContext {
  readonly environment: Environment
  readonly facts: Facts
  readonly terminal: Terminal
  readonly clock: Clock
  readonly random: Random
  readonly signals: StopSignals
  readonly startBroker: (
    settings: Settings,
    security: SecurityModel,
    stop: AbortSignal,
    reader?: SecurityReader,
  ) => Promise<RunningBroker>
  /** All of standard input; rejects when it is too much. */
  readonly readInput: () => Promise<string>
  createLog(level: LogLevel): Log
  /** Replaced in tests only. */
  readonly discoverIssuer: (issuer: string, options: DiscoveryOptions) => Promise<IssuerMetadata>
}

/** One command of the command line. */
export interface Command {
  readonly name: string
  readonly sentence: string
  /** Whether it reads what stands behind its name itself; absent: nothing may. */
  readonly takesArguments?: true
  /** Resolves with the exit status. */
  run(context: CommandContext, args?: readonly string[]): Promise<number> | number
}
