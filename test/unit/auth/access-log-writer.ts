/** A process that writes to an access log, as one worker among several: `<log folder> <name> <lines> [pause in ms]`. */
import { setImmediate as endOfThisTick, setTimeout as sleep } from 'node:timers/promises'
import { openAccessLog } from '../../../src/auth/access-log.ts'
import { DEFAULT_ACCESS_LOG } from '../../../src/auth/security-model.ts'
import { EndOfTick } from '../../../src/core/end-of-tick.ts'
import { systemClock } from '../../../src/telemetry/system-clock.ts'
import { RecordingLog } from '../../support/recording-log.ts'

const LINES_PER_TICK = 7

const [logDir = '', name = '', lines = '', pauseMs = '0'] = process.argv.slice(2)
const log = new RecordingLog()
const accessLog = await openAccessLog({
  model: DEFAULT_ACCESS_LOG,
  logDir,
  clock: systemClock,
  log,
  endOfTick: new EndOfTick(setImmediate),
})
for (let line = 0; line < Number(lines); line += 1) {
  accessLog.authenticationSucceeded(`${name}-${line}`, '::1')
  if (line % LINES_PER_TICK !== 0) continue
  await (pauseMs === '0' ? endOfThisTick() : sleep(Number(pauseMs)))
}
await accessLog.close()
process.exitCode = log.entries.length
