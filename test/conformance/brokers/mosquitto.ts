import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { findProgram } from '../../../scripts/system-programs.ts'
import { freePort } from '../../support/free-port.ts'
import { startProgram } from '../../support/programs.ts'
import { makeTemporaryFolder } from '../../support/temporary-folder.ts'
import { listening } from './listening.ts'
import { loopback } from './started-broker.ts'
import type { StartedBroker } from './started-broker.ts'

/** Starts Mosquitto with its defaults, but for the ports and that everybody is let in. */
export async function startMosquitto(): Promise<StartedBroker | undefined> {
  const file = findProgram('mosquitto')
  if (file === undefined) return undefined
  const folder = await makeTemporaryFolder()
  const [port, websocketPort] = [await freePort(), await freePort()]
  const configuration = path.join(folder.path, 'mosquitto.conf')
  await writeFile(
    configuration,
    [
      'allow_anonymous true',
      `listener ${port} 127.0.0.1`,
      `listener ${websocketPort} 127.0.0.1`,
      'protocol websockets',
      '',
    ].join('\n'),
  )
  const program = startProgram(file, ['-c', configuration], { cwd: folder.path, input: '' })
  await listening(program, port)
  return {
    name: 'Mosquitto',
    release: releaseOf(file),
    versions: [5, 4, 3],
    target: loopback(port, `ws://127.0.0.1:${websocketPort}/mqtt`),
    pid: program.pid,
    stop: async () => {
      await program.destroy()
      await folder.remove()
    },
  }
}

function releaseOf(file: string): string {
  const { stdout } = spawnSync(file, ['-h'], { encoding: 'utf8' })
  return /version (\S+)/.exec(stdout)?.[1] ?? 'unknown'
}
