import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { runProgram, startProgram, systemProgram } from './programs.ts'
import type { RunningProgram } from './programs.ts'
import { makeTemporaryFolder } from './temporary-folder.ts'
import type { TemporaryFolder } from './temporary-folder.ts'
import { connectTcp } from './byte-clients.ts'
import { waitFor } from './wait-for.ts'

/** A port of HAProxy and how it passes on what comes there. */
export interface HaproxyRoute {
  readonly port: number
  /** The rest of a `bind` line: `ssl crt …`. */
  readonly bindOptions?: string
  readonly toPorts: readonly number[]
  /** The rest of each `server` line: `send-proxy-v2 check`. */
  readonly serverOptions: string
  /** Further lines of the section. */
  readonly lines?: readonly string[]
}

/** A real HAProxy on the loopback. */
export class Haproxy {
  readonly program: RunningProgram
  readonly #folder: TemporaryFolder

  constructor(program: RunningProgram, folder: TemporaryFolder) {
    this.program = program
    this.#folder = folder
  }

  async destroy(): Promise<void> {
    await this.program.destroy()
    await this.#folder.remove()
  }
}

/** Starts HAProxy with these routes and waits until it listens. */
export async function startHaproxy(routes: readonly HaproxyRoute[]): Promise<Haproxy> {
  const folder = await makeTemporaryFolder()
  const file = path.join(folder.path, 'haproxy.cfg')
  await writeFile(file, configuration(routes))
  const haproxy = new Haproxy(startProgram(systemProgram('haproxy'), ['-db', '-f', file]), folder)
  try {
    for (const { port } of routes) await waitFor(`HAProxy on port ${port}`, () => listens(port, haproxy.program))
    return haproxy
  } catch (error) {
    await haproxy.destroy()
    throw error
  }
}

/** What HAProxy says of a configuration file; empty: nothing is wrong with it. */
export async function haproxyComplaints(file: string): Promise<string> {
  const { status, stdout, stderr } = await runProgram(systemProgram('haproxy'), ['-c', '-q', '-f', file])
  return status === 0 ? stderr : `${stdout}${stderr}` || `status ${status}`
}

function configuration(routes: readonly HaproxyRoute[]): string {
  const head = ['global', '  maxconn 1000', 'defaults', '  mode tcp', '  option redispatch']
  const timeouts = ['connect 5s', 'client 1m', 'server 1m', 'check 2s'].map(timeout => `  timeout ${timeout}`)
  const sections = routes.flatMap(({ port, bindOptions = '', toPorts, serverOptions, lines = [] }) => [
    `listen on-${port}`,
    `  bind 127.0.0.1:${port} ${bindOptions}`,
    ...lines.map(line => `  ${line}`),
    ...toPorts.map((to, index) => `  server node-${index + 1} 127.0.0.1:${to} ${serverOptions}`),
  ])
  return `${[...head, ...timeouts, ...sections].join('\n')}\n`
}

async function listens(port: number, program: RunningProgram): Promise<boolean> {
  if (program.hasEnded) throw new Error(`HAProxy ended: ${program.stderr}`)
  try {
    const client = await connectTcp(port)
    client.end()
    return true
  } catch {
    return false
  }
}
