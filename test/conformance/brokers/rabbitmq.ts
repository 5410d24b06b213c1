import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { findProgram, searchFolders } from '../../../scripts/system-programs.ts'
import { freePort } from '../../support/free-port.ts'
import { startProgram } from '../../support/programs.ts'
import { makeTemporaryFolder } from '../../support/temporary-folder.ts'
import { listening } from './listening.ts'
import { loopback } from './started-broker.ts'
import type { StartedBroker } from './started-broker.ts'

/** RabbitMQ speaks MQTT 5 since this release. */
const MQTT_5_SINCE = 3.13
/** Where Debian has the program itself; the one on the PATH becomes another user first, to whom our folder is closed. */
const FOLDERS = ['/usr/lib/rabbitmq/bin', ...searchFolders()]

/** Starts RabbitMQ with its MQTT and Web MQTT plugins as a node of its own, in a folder of its own. */
export async function startRabbitMq(): Promise<StartedBroker | undefined> {
  const file = findProgram('rabbitmq-server', FOLDERS)
  if (file === undefined) return undefined
  const folder = await makeTemporaryFolder()
  const [amqpPort, port, websocketPort, distPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ]
  const configuration = path.join(folder.path, 'rabbitmq.conf')
  const plugins = path.join(folder.path, 'enabled_plugins')
  await writeFile(plugins, '[rabbitmq_mqtt,rabbitmq_web_mqtt].\n')
  await writeFile(
    configuration,
    [
      `listeners.tcp.local = 127.0.0.1:${amqpPort}`,
      `mqtt.listeners.tcp.local = 127.0.0.1:${port}`,
      'mqtt.allow_anonymous = true',
      'web_mqtt.tcp.ip = 127.0.0.1',
      `web_mqtt.tcp.port = ${websocketPort}`,
      'web_mqtt.ws_path = /mqtt',
      '',
    ].join('\n'),
  )
  const env = {
    ...process.env,
    HOME: folder.path, // for its cookie
    RABBITMQ_NODENAME: `conformance${port}@localhost`,
    RABBITMQ_CONFIG_FILE: configuration,
    RABBITMQ_ENABLED_PLUGINS_FILE: plugins,
    RABBITMQ_MNESIA_BASE: folder.path,
    RABBITMQ_LOG_BASE: folder.path,
    RABBITMQ_DIST_PORT: `${distPort}`,
  }
  const program = startProgram(file, [], { cwd: folder.path, input: '', env })
  await listening(program, port)
  const release = /RabbitMQ (\d+\.\d+\.\d+)/.exec(program.stdout)?.[1] ?? 'unknown'
  return {
    name: 'RabbitMQ',
    release,
    versions: Number.parseFloat(release) >= MQTT_5_SINCE ? [5, 4, 3] : [4, 3],
    target: loopback(port, `ws://127.0.0.1:${websocketPort}/mqtt`),
    pid: program.pid,
    stop: async () => {
      program.kill('SIGTERM') // it starts programs of its own, and ends them when it is asked
      await program.ended
      await folder.remove()
    },
  }
}
