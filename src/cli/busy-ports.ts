import { createServer } from 'node:net'
import type { SettingProblem } from '../config/read-table.ts'

/** A port that is going to be listened on. */
export interface WantedPort {
  readonly setting: string
  readonly address: string
  /** 0 and undefined are never busy. */
  readonly port: number | undefined
}

/**
 * The ports that cannot be had. They are tried without `SO_REUSEPORT`: with it a second broker of the same user would
 * share the port of the first without a word.
 */
export async function busyPorts(wanted: readonly WantedPort[]): Promise<readonly SettingProblem[]> {
  const problems: SettingProblem[] = []
  for (const { setting, address, port } of wanted) {
    if (port === undefined || port === 0) continue
    const code = await listenError(address, port)
    if (code !== undefined) problems.push({ names: [setting], text: textFor(code, address, port) })
  }
  return problems
}

function textFor(code: string, address: string, port: number): string {
  if (code === 'EADDRINUSE') {
    return `port ${port} is in use by another program; give another port, or 0 to take a free one`
  }
  if (code === 'EACCES') return `port ${port} may not be opened by this user; ports from 1024 on usually may`
  if (code === 'EADDRNOTAVAIL') return `this machine does not have the address ${address}`
  return `port ${port} on ${address} cannot be opened (${code})`
}

function listenError(address: string, port: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}
