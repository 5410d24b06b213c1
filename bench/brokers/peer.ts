import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Address, Transport } from '../load/link.ts'
import type { Abilities, Broker, BrokerNeeds, RunningBroker } from './broker.ts'
import { type ClusterNode, startNodes } from './nodes.ts'
import { freePort, isOpen } from './ports.ts'
import type { ProgramOptions } from './program.ts'
import { Program } from './program.ts'

/** Values that stand as `@NAME@` in a configuration. */
export type Placeholders = Readonly<Record<string, string | number>>

/** A peer that the suite starts: everything in which one differs from another. */
export interface PeerRow {
  readonly name: string
  readonly abilities: Abilities
  readonly version: () => Promise<string | undefined>
  /** Files of `bench/peers` that are written into the folder of the run, joined, under the name of the first. */
  readonly configuration: (needs: BrokerNeeds) => readonly string[]
  readonly program: (needs: BrokerNeeds, configuration: string, values: Placeholders) => PeerProgram
  /** Ends what the program leaves behind. */
  readonly afterwards?: (values: Placeholders) => PeerProgram
}

/** What is run, without where and on which cores. */
export type PeerProgram = Pick<ProgramOptions, 'command' | 'args' | 'env'>

const HOST = '127.0.0.1'
const PEERS_FOLDER = path.resolve(import.meta.dirname, '../peers')
const READY_SECONDS = 60

/** The broker of a row. */
export function peerOf(row: PeerRow): Broker {
  const { name, abilities, version } = row
  return {
    name,
    abilities,
    version,
    start: async needs => await startNodes(needs, (each, node) => startPeer(row, each, node)),
  }
}

async function startPeer(row: PeerRow, needs: BrokerNeeds, node: ClusterNode | undefined): Promise<RunningBroker> {
  const ports = { tcp: await freePort(), ws: await freePort() }
  const values = {
    TCP_PORT: ports.tcp,
    WS_PORT: ports.ws,
    OWN_PORT: await freePort(),
    SECOND_PORT: await freePort(),
    WORKERS: needs.workers,
    REDIS_PORT: node?.redisPort ?? '',
    FOLDER: needs.folder,
    JWKS_URI: needs.issuer?.jwksUri ?? '',
    ISSUER: needs.issuer?.issuer ?? '',
    AUDIENCE: needs.issuer?.audience ?? '',
  }
  for (const [kid, pem] of needs.issuer?.pems ?? []) await writeFile(path.join(needs.folder, `${kid}.pem`), pem)
  const configuration = await writeConfiguration(row.configuration(needs), needs.folder, values)
  const program = new Program({
    ...row.program(needs, configuration, values),
    cores: needs.cores,
    folder: needs.folder,
  })
  const offered = row.abilities.transports
  const stop = async (): Promise<void> => {
    await program.stop()
    if (row.afterwards !== undefined) await runToItsEnd(row.afterwards(values), needs)
  }
  try {
    await program.untilReady(async () => await allOpen(offered.map(transport => ports[transport])), READY_SECONDS)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    addresses: transport => (offered.includes(transport) ? [addressOf(ports[transport], transport)] : []),
    redisPort: node?.redisPort,
    pids: () => program.pids(),
    stop,
  }
}

/** Writes configurations with their placeholders filled in, joined, and gives where; '' when there is none. */
export async function writeConfiguration(
  names: readonly string[],
  folder: string,
  values: Placeholders,
): Promise<string> {
  const [first] = names
  if (first === undefined) return ''
  const texts = await Promise.all(names.map(name => readFile(path.join(PEERS_FOLDER, name), 'utf8')))
  const file = path.join(folder, first)
  await writeFile(file, filledIn(texts.join('\n'), values))
  return file
}

/** The text with every `@NAME@` replaced; an unknown name is an error. */
export function filledIn(text: string, values: Placeholders): string {
  return text.replaceAll(/@([A-Z_]+)@/g, (_, name: string) => {
    const value = values[name]
    if (value === undefined) throw new Error(`no value for @${name}@`)
    return String(value)
  })
}

async function runToItsEnd(program: PeerProgram, { folder }: BrokerNeeds): Promise<void> {
  await new Program({ ...program, cores: undefined, folder }).ended
}

async function allOpen(ports: readonly number[]): Promise<boolean> {
  const open = await Promise.all(ports.map(async port => await isOpen(port)))
  return !open.includes(false)
}

function addressOf(port: number, transport: Transport): Address {
  return { host: HOST, port, transport }
}
