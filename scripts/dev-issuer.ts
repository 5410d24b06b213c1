/**
 * Runs the issuer of `guardbee dev` alone, on the loopback address, for several nodes that share it. FOR DEVELOPMENT ONLY:
 * its secrets are in this repository. The port is `GUARDBEE_DEV_ISSUER_PORT`.
 */
import { startDevIssuer } from '../src/cli/dev-issuer/dev-issuer.ts'
import { createLogger } from '../src/telemetry/logger.ts'
import { systemClock } from '../src/telemetry/system-clock.ts'
import { systemRandom } from '../src/telemetry/system-random.ts'

const STANDARD_ERROR = 2

const issuer = await startDevIssuer({
  port: Number(process.env['GUARDBEE_DEV_ISSUER_PORT'] ?? 9400),
  clock: systemClock,
  random: systemRandom,
  log: createLogger({ level: 'warn', process: 'issuer', fd: STANDARD_ERROR }),
})
console.log(issuer.issuer)
