import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Broker } from './broker.ts'
import { FULL_ABILITIES } from './broker.ts'
import type { PeerRow } from './peer.ts'
import { peerOf } from './peer.ts'
import { isInstalled, versionFrom } from './program.ts'

const PEERS_FOLDER = path.resolve(import.meta.dirname, '../peers')
/** Of Debian. Its command on the PATH changes the user, who then cannot read the folder of the run. */
const RABBITMQ_FOLDER = '/usr/lib/rabbitmq'
const PACKAGES_FOLDER = path.resolve(import.meta.dirname, '../../node_modules')

/** Every peer that the suite can start by itself, if it is installed. A new one is a row here. */
const rows: readonly PeerRow[] = [
  {
    name: 'mosquitto',
    abilities: { ...FULL_ABILITIES, keepsSessions: true },
    version: () => versionFrom('mosquitto', ['-h'], /version (\S+)/),
    configuration: ({ durability }) => [
      durability === 'memory' ? 'mosquitto-in-memory.conf' : 'mosquitto-kept.conf',
      'mosquitto.conf',
    ],
    program: (_needs, configuration) => ({ command: 'mosquitto', args: ['-c', configuration] }),
  },
  {
    name: 'aedes',
    abilities: { ...FULL_ABILITIES, tokens: true, fetchesKeys: true, protocolVersions: [4] },
    version: aedesVersion,
    configuration: () => [],
    program: ({ issuer }, _configuration, { TCP_PORT, WS_PORT }) => ({
      command: process.execPath,
      args: [
        path.join(PEERS_FOLDER, 'aedes.ts'),
        String(TCP_PORT),
        String(WS_PORT),
        ...(issuer === undefined ? [] : [issuer.jwksUri, issuer.issuer, issuer.audience]),
      ],
    }),
  },
  {
    name: 'aedes-redis',
    abilities: { ...FULL_ABILITIES, tokens: true, protocolVersions: [4], nodesMin: 1, nodesMax: 16 },
    version: aedesOnRedisVersion,
    configuration: () => [],
    program: ({ issuer }, _configuration, { TCP_PORT, WS_PORT, REDIS_PORT }) => ({
      command: process.execPath,
      args: [
        path.join(PEERS_FOLDER, 'aedes.ts'),
        String(TCP_PORT),
        String(WS_PORT),
        ...(issuer === undefined ? [] : [issuer.jwksUri, issuer.issuer, issuer.audience]),
      ],
      env: { ...process.env, REDIS_PORT: String(REDIS_PORT) },
    }),
  },
  {
    name: 'flashmq',
    abilities: { ...FULL_ABILITIES, workersMax: 64 },
    version: () => versionFrom('flashmq', ['--version'], /(\d+\.\d+\.\d+)/),
    configuration: () => ['flashmq.conf'],
    program: (_needs, configuration) => ({ command: 'flashmq', args: ['--config-file', configuration] }),
  },
  {
    name: 'nanomq',
    abilities: FULL_ABILITIES,
    version: () => versionFrom('nanomq', ['--version'], /(\d+\.\d+\.\d+\S*)/),
    configuration: () => ['nanomq.conf'],
    program: (_needs, configuration) => ({ command: 'nanomq', args: ['start', '--conf', configuration] }),
  },
  {
    name: 'nats-server',
    abilities: {
      ...FULL_ABILITIES,
      transports: ['tcp'],
      protocolVersions: [4],
      qosMax: 1,
      workersMax: 64,
      sharedSubscriptions: false,
    },
    version: () => versionFrom('nats-server', ['--version'], /v(\d+\.\d+\.\d+)/),
    configuration: () => ['nats-server.conf'],
    program: ({ workers }, configuration) => ({
      command: 'nats-server',
      args: ['-c', configuration],
      env: { ...process.env, GOMAXPROCS: String(workers) },
    }),
  },
  {
    name: 'rabbitmq',
    abilities: {
      ...FULL_ABILITIES,
      tokens: true,
      protocolVersions: [4],
      qosMax: 1,
      workersMax: 64,
      sharedSubscriptions: false,
    },
    version: rabbitmqVersion,
    configuration: ({ issuer }) => [issuer === undefined ? 'rabbitmq.conf' : 'rabbitmq-tokens.conf'],
    program: ({ folder, workers }, configuration, { OWN_PORT, SECOND_PORT }) => ({
      command: existsSync(RABBITMQ_FOLDER) ? path.join(RABBITMQ_FOLDER, 'bin/rabbitmq-server') : 'rabbitmq-server',
      args: [],
      env: {
        ...process.env,
        HOME: folder,
        RABBITMQ_NODENAME: 'guardbee-bench@localhost',
        RABBITMQ_CONFIG_FILE: configuration,
        RABBITMQ_ENABLED_PLUGINS_FILE: path.join(PEERS_FOLDER, 'rabbitmq-plugins'),
        RABBITMQ_MNESIA_BASE: path.join(folder, 'mnesia'),
        RABBITMQ_LOG_BASE: path.join(folder, 'log'),
        RABBITMQ_DIST_PORT: String(OWN_PORT),
        ERL_EPMD_PORT: String(SECOND_PORT),
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `+S ${workers}:${workers}`,
      },
    }),
    // Erlang's register of nodes is a daemon that stays; this one is on a port of its own.
    afterwards: ({ SECOND_PORT }) => ({ command: 'epmd', args: ['-port', String(SECOND_PORT), '-kill'] }),
  },
  {
    name: 'emqx',
    abilities: { ...FULL_ABILITIES, tokens: true, fetchesKeys: true, workersMax: 64 },
    version: () => versionFrom('emqx', ['eval-ex', 'nil'], /(\d+\.\d+\.\d+)/),
    configuration: ({ issuer }) => (issuer === undefined ? ['emqx.conf'] : ['emqx.conf', 'emqx-tokens.conf']),
    program: ({ folder, workers }, configuration) => ({
      command: 'emqx',
      args: ['foreground'],
      env: {
        ...process.env,
        EMQX_ETC_DIR: path.dirname(configuration),
        EMQX_LOG_DIR: folder,
        ERL_FLAGS: `+S ${workers}:${workers}`,
      },
    }),
  },
]

/** Every peer, installed or not. */
export const peers: readonly Broker[] = rows.map(peerOf)

/** The relay, which is no peer but shows what generator and machine can do. */
export const relay: Broker = peerOf({
  name: 'relay',
  abilities: { ...FULL_ABILITIES, transports: ['tcp'], protocolVersions: [4], qosMax: 0, sharedSubscriptions: false },
  version: () => Promise.resolve('of this checkout'),
  configuration: () => [],
  program: (_needs, _configuration, { TCP_PORT }) => ({
    command: process.execPath,
    args: [path.join(PEERS_FOLDER, 'relay.ts'), String(TCP_PORT)],
  }),
})

// Asking the program would leave a daemon behind; Debian's folder has the version in its name.
async function rabbitmqVersion(): Promise<string | undefined> {
  if (!existsSync(RABBITMQ_FOLDER)) return (await isInstalled('rabbitmq-server')) ? 'unknown version' : undefined
  const names = await readdir(path.join(RABBITMQ_FOLDER, 'lib'))
  return names.map(name => /^rabbitmq_server-(.+)$/.exec(name)?.[1]).find(version => version !== undefined)
}

async function aedesVersion(): Promise<string | undefined> {
  return await packageVersion('aedes')
}

/** With the parts that make it one of several. */
async function aedesOnRedisVersion(): Promise<string | undefined> {
  const packages = ['aedes', 'aedes-persistence-redis', 'mqemitter-redis']
  const [aedes, persistence, emitter] = await Promise.all(packages.map(packageVersion))
  if (aedes === undefined || persistence === undefined || emitter === undefined) return undefined
  return `${aedes} (persistence ${persistence}, emitter ${emitter})`
}

async function packageVersion(name: string): Promise<string | undefined> {
  const text = await readFile(path.join(PACKAGES_FOLDER, name, 'package.json'), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : /"version": "(\S+)"/.exec(text)?.[1]
}
