import { packageVersion } from '../telemetry/package-version.ts'
import type { Command } from './command.ts'
import { STATUS_OK } from './command.ts'

/** `guardbee version`. */
export const versionCommand: Command = {
  name: 'version',
  sentence: 'prints the version',
  run: ({ terminal }) => {
    terminal.print(`guardbee ${packageVersion()} (Node ${process.versions.node}, ${process.platform} ${process.arch})`)
    return STATUS_OK
  },
}
