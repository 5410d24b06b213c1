import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { runProgram, startProgram, systemProgram } from './programs.ts'
import type { RunningProgram } from './programs.ts'
import { makeTemporaryFolder } from './temporary-folder.ts'
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

/** Starts HAProxy with these routes, on the loopback, and waits until it listens. */
export async function startHaproxy(routes: readonly HaproxyRoute[]): Promise<RunningProgram> {
  const folder = await makeTemporaryFolder()
  try {
    const file = path.join(folder.path, 'haproxy.cfg')
    await writeFile(file, configuration(routes))
    const ports = routes.map(({ port }) => port)
    return await startHaproxyWith(file, {}, ports)
  } finally {
    await folder.remove() // it has been read
  }
}

/** Starts HAProxy with a configuration file and the variables that it names, and waits until it listens on `ports`. */
export async function startHaproxyWith(
  file: string,
  variables: Readonly<Record<string, string>>,
  ports: readonly number[],
): Promise<RunningProgram> {
  const env = { ...process.env, ...variables }
  const program = startProgram(systemProgram('haproxy'), ['-db', '-f', file], { env })
  try {
    for (const port of ports) await waitFor(`HAProxy on port ${port}`, () => listens(port, program))
    return program
  } catch (error) {
    await program.destroy()
    throw error
  }
}

/** What HAProxy finds wrong with a configuration file, line by line. */
export async function haproxyComplaints(file: string): Promise<readonly string[]> {
  const { status, stderr } = await runProgram(systemProgram('haproxy'), ['-c', '-f', file])
  const complaints = stderr.split('\n').filter(line => /^\[(ALERT|WARNING)\]/.test(line))
  return status === 0 ? complaints : [...complaints, `status ${status}`]
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
