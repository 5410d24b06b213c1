import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import type { IssuerFacts } from '../issuer/issuer.ts'
import type { Transport } from '../load/link.ts'
import type { Broker, BrokerNeeds, RunningBroker } from './broker.ts'
import { FULL_ABILITIES } from './broker.ts'
import { type ClusterNode, startNodes } from './nodes.ts'
import { writeConfiguration } from './peer.ts'
import { Program } from './program.ts'

const HOST = '127.0.0.1'
const READY_SECONDS = 30
const WORKERS_MAX = 256
const NODES_MAX = 16
/** Queues are as long as the scenarios want, as with the peers. */
const QUEUE_MESSAGES_MAX = 10_000_000
const QUEUE_BYTES_MAX = 2 ** 32
const LISTENER = /"[^"=]*=(mqtt|ws):\/\/[^:"]*:(\d+)[^"]*"/g
const SCHEMES: Readonly<Record<Transport, string>> = { tcp: 'mqtt', ws: 'ws' }

/** The checkout that this suite is part of. */
export const THIS_CHECKOUT: string = path.resolve(import.meta.dirname, '../..')

/** guardbee as it stands in a checkout, run from its sources. */
export function guardbeeOf(checkout: string, name: string): Broker {
  return {
    name,
    abilities: {
      ...FULL_ABILITIES,
      tokens: true,
      fetchesKeys: true,
      keepsSessions: true,
      workersMax: WORKERS_MAX,
      nodesMax: NODES_MAX,
    },
    version: async () => await versionOf(checkout),
    start: async needs => await startNodes(needs, (each, node) => startGuardbee(checkout, each, node)),
  }
}

async function startGuardbee(
  checkout: string,
  needs: BrokerNeeds,
  node: ClusterNode | undefined,
): Promise<RunningBroker> {
  const program = new Program({
    command: process.execPath,
    args: [path.join(checkout, 'src/main.ts'), 'start'],
    cores: needs.cores,
    folder: needs.folder,
    env: { ...withoutGuardbeeSettings(), ...(await settingsFor(needs, node)) },
  })
  try {
    await program.untilReady(() => startLine(program) !== undefined, READY_SECONDS)
  } catch (error) {
    await program.stop()
    throw error
  }
  const ports = listenerPorts(startLine(program) ?? '')
  return {
    addresses: transport => {
      const port = ports.get(SCHEMES[transport])
      return port === undefined ? [] : [{ host: HOST, port, transport }]
    },
    redisPort: node?.redisPort,
    pids: () => program.pids(),
    stop: async () => await program.stop(),
  }
}

async function settingsFor(needs: BrokerNeeds, node: ClusterNode | undefined): Promise<Record<string, string>> {
  const { workers, durability, issuer, introspects, folder } = needs
  const security =
    issuer === undefined
      ? { GUARDBEE_SECURITY_FILE: await writeConfiguration(['guardbee-open.xml'], folder, {}) }
      : {
          GUARDBEE_JWT_ISSUER: issuer.issuer,
          GUARDBEE_JWT_AUDIENCE: issuer.audience,
          ...(introspects ? introspection(issuer) : { GUARDBEE_JWT_JWKS_URI: issuer.jwksUri }),
        }
  return {
    ...security,
    GUARDBEE_BIND_ADDRESS: HOST,
    GUARDBEE_MQTT_PORT: '0',
    GUARDBEE_WS_PORT: '0',
    GUARDBEE_ADMIN_PORT: '0',
    GUARDBEE_QUEUE_MESSAGES_MAX: String(QUEUE_MESSAGES_MAX),
    GUARDBEE_QUEUE_BYTES_MAX: String(QUEUE_BYTES_MAX),
    ...(node === undefined
      ? { GUARDBEE_DURABILITY: durability, GUARDBEE_DATA_DIR: path.join(folder, 'data') }
      : { GUARDBEE_REDIS_URL: `redis://${HOST}:${node.redisPort}`, GUARDBEE_NODE_ID: node.name }),
    GUARDBEE_WORKERS: String(workers),
    GUARDBEE_LOG_DIR: path.join(folder, 'log'),
  }
}

function introspection({ introspectionUri }: IssuerFacts): Record<string, string> {
  return {
    GUARDBEE_JWT_INTROSPECTION: 'only',
    GUARDBEE_JWT_INTROSPECTION_URI: introspectionUri,
    GUARDBEE_JWT_INTROSPECTION_CLIENT_ID: 'bench',
    GUARDBEE_JWT_INTROSPECTION_CLIENT_SECRET: 'bench',
  }
}

function startLine(program: Program): string | undefined {
  return program.output.split('\n').find(line => line.includes('"msg":"guardbee started"'))
}

/** The port of each listener by its scheme, from the line that announces them. */
export function listenerPorts(line: string): ReadonlyMap<string, number> {
  return new Map([...line.matchAll(LISTENER)].map(([, scheme = '', port]) => [scheme, Number(port)]))
}

async function versionOf(checkout: string): Promise<string> {
  const description = await readFile(path.join(checkout, 'package.json'), 'utf8')
  const version = /"version": "(\S+)"/.exec(description)?.[1] ?? 'unknown version'
  const commit = await promisify(execFile)('git', ['-C', checkout, 'describe', '--always', '--dirty']).then(
    ({ stdout }) => stdout.trim(),
    () => undefined, // not a repository
  )
  return commit === undefined ? version : `${version} (${commit})`
}

function withoutGuardbeeSettings(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GUARDBEE_')))
}
