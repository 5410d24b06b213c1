/** A process that writes to an access log, as one worker among several: `<log folder> <name> <lines>`. */
import { setImmediate as endOfThisTick } from 'node:timers/promises'
import { openAccessLog } from '../../../src/auth/access-log.ts'
import { DEFAULT_ACCESS_LOG } from '../../../src/auth/security-model.ts'
import { EndOfTick } from '../../../src/core/end-of-tick.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLog } from './recording-log.ts'

const LINES_PER_TICK = 7

const [logDir = '', name = '', lines = ''] = process.argv.slice(2)
const log = new RecordingLog()
const accessLog = await openAccessLog({
  model: DEFAULT_ACCESS_LOG,
  logDir,
  clock: new FakeClock(0),
  log,
  endOfTick: new EndOfTick(setImmediate),
})
for (let line = 0; line < Number(lines); line += 1) {
  accessLog.authenticationSucceeded(`${name}-${line}`, '::1')
  if (line % LINES_PER_TICK === 0) await endOfThisTick()
}
await accessLog.close()
process.exitCode = log.entries.length
