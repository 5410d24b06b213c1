import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { findProgram, findPythonWithPaho } from '../../scripts/system-programs.ts'
import { waitFor, within } from './wait-for.ts'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import type { SystemProgram } from '../../scripts/system-programs.ts'

const OUTPUT_CHARACTERS_MAX = 16 * 1024 * 1024
const DEADLINE_MS = 20_000

/** How a program is started. */
export interface ProgramOptions {
  /** The whole environment; that of the test when left out. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** Written to standard input, which is closed then; without it standard input stays open. */
  readonly input?: string
}

/** How a program ended. */
export interface ProgramEnd {
  /** Exit status; null when a signal ended it. */
  readonly status: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

const running = new Set<ChildProcessWithoutNullStreams>()
// A test that fails must leave no process behind.
process.on('exit', () => running.forEach(child => child.kill('SIGKILL')))

/** A program that runs beside the test; its output is kept. */
export class RunningProgram {
  stdout = ''
  stderr = ''
  readonly ended: Promise<ProgramEnd>
  readonly #child: ChildProcessWithoutNullStreams
  readonly #name: string

  constructor(name: string, child: ChildProcessWithoutNullStreams) {
    this.#name = name
    this.#child = child
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout = bounded(this.stdout + text)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = bounded(this.stderr + text)
    })
    child.stdin.on('error', () => {}) // the program has gone; its end says so
    this.ended = this.#waitForEnd()
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.#name} was not started`)
    return this.#child.pid
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  write(text: string): void {
    this.#child.stdin.write(text)
  }

  closeInput(): void {
    this.#child.stdin.end()
  }

  kill(signal: NodeJS.Signals = 'SIGTERM'): void {
    this.#child.kill(signal)
  }

  /** Kills the program and waits for its end. */
  async destroy(): Promise<void> {
    this.kill('SIGKILL')
    await this.ended
  }

  /** Waits until standard output holds `text`; rejects with all output when the program ends before. */
  async waitForOutput(text: string): Promise<void> {
    await waitFor(`"${text}" from ${this.#name}`, () => {
      if (this.stdout.includes(text)) return true
      if (this.hasEnded) throw new Error(`${this.#name} ended without "${text}": ${this.stdout}${this.stderr}`)
      return false
    })
  }

  async #waitForEnd(): Promise<ProgramEnd> {
    running.add(this.#child)
    try {
      await once(this.#child, 'close') // rejects when the program could not be started
    } finally {
      running.delete(this.#child)
    }
    const { exitCode: status, signalCode: signal } = this.#child
    return { status, signal, stdout: this.stdout, stderr: this.stderr }
  }
}

/** Starts a program by its full path. */
export function startProgram(file: string, args: readonly string[], options: ProgramOptions = {}): RunningProgram {
  const child = spawn(file, args, { env: { ...(options.env ?? process.env) }, cwd: options.cwd, stdio: 'pipe' })
  const program = new RunningProgram(path.basename(file), child)
  program.ended.catch(() => {}) // whoever waits for the end learns why the program could not be started
  if (options.input !== undefined) {
    program.write(options.input)
    program.closeInput()
  }
  return program
}

/** Runs a program to its end; one that takes longer than the deadline is killed and the promise rejects. */
export async function runProgram(
  file: string,
  args: readonly string[],
  options: ProgramOptions & { readonly deadlineMs?: number } = {},
): Promise<ProgramEnd> {
  const program = startProgram(file, args, { input: '', ...options })
  try {
    return await within(`end of ${path.basename(file)}`, program.ended, options.deadlineMs ?? DEADLINE_MS)
  } finally {
    if (!program.hasEnded) program.kill('SIGKILL')
  }
}

/** Full path of a program of the system; `npm test` has made sure that it is there. */
export function systemProgram(name: SystemProgram | 'bash' | 'dirname' | 'sh' | 'stdbuf'): string {
  return findProgram(name) ?? missing(name)
}

/** Full path of a script in `test/support/paho` and of the Python that can run it. */
export function pahoScript(name: string): { readonly python: string; readonly script: string } {
  python ??= findPythonWithPaho() ?? missing('python3 with paho-mqtt')
  return { python, script: path.join(import.meta.dirname, 'paho', name) }
}

let python: string | undefined

function missing(what: string): never {
  throw new Error(`${what} is missing: run node scripts/ensure-system-packages.ts`)
}

function bounded(text: string): string {
  if (text.length > OUTPUT_CHARACTERS_MAX) throw new Error('a program writes more than its test expects')
  return text
}
