import type { Log } from '../ports/telemetry.ts'

const STATUS = 1

/**
 * Ends this process at an error that nobody caught, with a line of the log. Node would print every field of the error in
 * its place, and a command to Redis or a request may be among them, with a token. Reports of Node leave out the environment,
 * where secrets are.
 */
export function logLastWords(log: Log): void {
  process.report.excludeEnv = true
  process.once('uncaughtException', (error, origin) => {
    log.error('the process ends at an error that nobody caught', error, { origin })
    process.exit(STATUS)
  })
}
