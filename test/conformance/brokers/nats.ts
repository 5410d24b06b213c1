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

/** Starts NATS with MQTT switched on, which needs its JetStream and a server name. */
export async function startNats(): Promise<StartedBroker | undefined> {
  const file = findProgram('nats-server')
  if (file === undefined) return undefined
  const folder = await makeTemporaryFolder()
  const [natsPort, port, websocketPort] = [await freePort(), await freePort(), await freePort()]
  const configuration = path.join(folder.path, 'nats.conf')
  await writeFile(
    configuration,
    [
      'server_name: conformance',
      `listen: 127.0.0.1:${natsPort}`,
      `jetstream: { store_dir: "${folder.path}" }`,
      `mqtt: { listen: 127.0.0.1:${port} }`,
      `websocket: { listen: "127.0.0.1:${websocketPort}", no_tls: true }`,
      '',
    ].join('\n'),
  )
  const program = startProgram(file, ['-c', configuration], { cwd: folder.path, input: '' })
  await listening(program, port)
  return {
    name: 'NATS',
    release: /v(\d\S*)/.exec(spawnSync(file, ['-v'], { encoding: 'utf8' }).stdout)?.[1] ?? 'unknown',
    versions: [4],
    target: loopback(port, `ws://127.0.0.1:${websocketPort}/mqtt`),
    pid: program.pid,
    stop: async () => {
      await program.destroy()
      await folder.remove()
    },
  }
}
