import type { ChildProcess } from 'node:child_process'
import { execFile, spawn } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { sleep } from '../load/clock.ts'
import { processTree } from '../load/process-stat.ts'

/** How a program is started. */
export interface ProgramOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly cores: string | undefined
  readonly folder: string
  readonly env?: NodeJS.ProcessEnv
}

const OUTPUT_CHARACTERS_MAX = 64 * 1024
const TAIL_CHARACTERS = 2_000
const STOP_MS = 10_000

const running = new Set<Program>()
// However this process ends, it leaves none of them behind.
process.on('exit', () => {
  for (const program of running) killAll(program.pids())
})

/** A program of a broker, held to its cores, whose output is kept for the case that something goes wrong. */
export class Program {
  readonly #child: ChildProcess
  /** Resolves when the program has ended, however it did. */
  readonly ended: Promise<void>
  #output = ''
  #hasEnded = false

  constructor({ command, args, cores, folder, env }: ProgramOptions) {
    const [file, ...rest] = cores === undefined ? [command, ...args] : ['taskset', '-c', cores, command, ...args]
    running.add(this)
    this.#child = spawn(file, rest, { cwd: folder, env: env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => this.#keep(text))
    }
    this.ended = new Promise(resolve => {
      this.#child.on('exit', () => this.#end(resolve))
      this.#child.on('error', error => {
        this.#keep(error.message)
        this.#end(resolve)
      })
    })
  }

  /** What it has written, at most the newest 64 KiB. */
  get output(): string {
    return this.#output
  }

  /** It and all its descendants. */
  pids(): readonly number[] {
    return this.#child.pid === undefined ? [] : processTree(this.#child.pid)
  }

  /** Waits until `ready` holds; throws with the end of the output when the program ends or the time is up. */
  async untilReady(ready: () => boolean | Promise<boolean>, seconds: number): Promise<void> {
    const deadline = performance.now() + seconds * 1_000
    while (!(await ready())) {
      if (this.#hasEnded) throw new Error(`it ended: ${this.#tail()}`)
      if (performance.now() > deadline) throw new Error(`it was not ready within ${seconds} seconds: ${this.#tail()}`)
      await sleep(20)
    }
  }

  /** Asks it to end; after ten seconds ends it and its descendants. */
  async stop(): Promise<void> {
    const pids = this.pids()
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => killAll(pids), STOP_MS)
    await this.ended
    clearTimeout(timer)
    killAll(pids.slice(1))
  }

  #keep(text: string): void {
    this.#output = (this.#output + text).slice(-OUTPUT_CHARACTERS_MAX)
  }

  #tail(): string {
    return this.#output.slice(-TAIL_CHARACTERS).trim()
  }

  #end(resolve: () => void): void {
    this.#hasEnded = true
    running.delete(this)
    resolve()
  }
}

/** Whether a program is on the PATH. */
export async function isInstalled(command: string): Promise<boolean> {
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin', '/usr/local/sbin']
  const found = await Promise.all(folders.map(folder => isExecutable(path.join(folder, command))))
  return found.includes(true)
}

/** The first match in what a program writes when asked for its version; undefined when it is not installed. */
export async function versionFrom(
  command: string,
  args: readonly string[],
  pattern: RegExp,
): Promise<string | undefined> {
  if (!(await isInstalled(command))) return undefined
  // Some say it with a failing exit status, and some on standard error.
  const { stdout, stderr } = await promisify(execFile)(command, args).catch((failure: unknown) => outputOf(failure))
  return pattern.exec(`${stdout}${stderr}`)?.[1] ?? 'unknown version'
}

function outputOf(failure: unknown): { stdout: string; stderr: string } {
  if (typeof failure !== 'object' || failure === null || !('stdout' in failure) || !('stderr' in failure)) throw failure
  return { stdout: String(failure.stdout), stderr: String(failure.stderr) }
}

async function isExecutable(file: string): Promise<boolean> {
  return await access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}

function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // it has ended
    }
  }
}
