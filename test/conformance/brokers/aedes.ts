import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { startProgram } from '../../support/programs.ts'
import { waitFor } from '../../support/wait-for.ts'
import { loopback } from './started-broker.ts'
import type { StartedBroker } from './started-broker.ts'

const PACKAGE = path.resolve(import.meta.dirname, '../../../node_modules/aedes/package.json')

/** Starts Aedes, as its documentation shows it, in a process of its own. */
export async function startAedes(): Promise<StartedBroker | undefined> {
  const description = await readFile(PACKAGE, 'utf8').catch(() => undefined)
  if (description === undefined) return undefined
  const program = startProgram(process.execPath, [path.join(import.meta.dirname, 'aedes-process.ts')], { input: '' })
  const ports = await waitFor('the ports of Aedes', () => {
    if (program.hasEnded) throw new Error(`it ended instead: ${program.stderr}`)
    return /^(\d+) (\d+)\n/.exec(program.stdout) ?? undefined
  })
  return {
    name: 'Aedes',
    release: /"version": "(\S+)"/.exec(description)?.[1] ?? 'unknown',
    versions: [4, 3],
    target: loopback(Number(ports[1]), `ws://127.0.0.1:${ports[2]}/mqtt`),
    pid: program.pid,
    stop: () => program.destroy(),
  }
}
