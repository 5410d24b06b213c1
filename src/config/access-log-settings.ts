import { setting } from './setting.ts'
import { integer, oneOf } from './setting-types.ts'

/** Settings of the file that tells who came to the door. */
export const accessLogSettings = {
  accessLogFormat: setting({
    name: 'GUARDBEE_ACCESS_LOG_FORMAT',
    type: oneOf(['hivemq', 'json']),
    default: { value: 'hivemq' },
    sentence: "How a line of the access log is written: as HiveMQ's, or as one JSON object.",
  }),
  accessLogRotation: setting({
    name: 'GUARDBEE_ACCESS_LOG_ROTATION',
    type: oneOf(['on', 'off']),
    default: { value: 'on' },
    sentence:
      'Whether the access log is moved aside, as `access.2026-01-31.1.log`, when a day of UTC has ended or it is full; `off` leaves that to logrotate, after which SIGHUP has it opened anew.',
  }),
  accessLogFileMib: setting({
    name: 'GUARDBEE_ACCESS_LOG_FILE_MIB',
    type: integer(1, 102_400),
    default: { value: 100 },
    unit: 'MiB',
    sentence: 'Size at which the access log is full.',
  }),
  accessLogFiles: setting({
    name: 'GUARDBEE_ACCESS_LOG_FILES',
    type: integer(1, 10_000),
    default: { value: 30 },
    unit: 'files',
    sentence: 'How many access logs that were moved aside are kept; the oldest goes first.',
  }),
}
