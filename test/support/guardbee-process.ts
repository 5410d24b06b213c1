import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { startProgram, runProgram } from './programs.ts'
import { makeTemporaryFolder } from './temporary-folder.ts'
import { waitFor, within } from './wait-for.ts'
import type { ProgramEnd, RunningProgram } from './programs.ts'
import type { TemporaryFolder } from './temporary-folder.ts'

/** `GUARDBEE_*` variables of one process; an undefined one is not set. */
export type GuardbeeSettings = Readonly<Record<`GUARDBEE_${string}`, string | undefined>>

/** One line of the structured log. */
export interface LogEvent {
  readonly event: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** A worker as its start was logged. */
export interface StartedWorker {
  readonly worker: string
  readonly pid: number
}

const REPOSITORY = path.resolve(import.meta.dirname, '../..')
const MAIN = path.join(REPOSITORY, 'src/main.ts')
const READY_MS = 30_000
const STOP_MS = 20_000

// Free ports on the loopback, so that suites can run beside each other and beside a broker of the developer's.
const TEST_SETTINGS: GuardbeeSettings = {
  GUARDBEE_BIND_ADDRESS: '127.0.0.1',
  GUARDBEE_MQTT_PORT: '0',
  GUARDBEE_WS_PORT: '0',
  GUARDBEE_ADMIN_PORT: '0',
  GUARDBEE_WORKERS: '2',
}

/** A guardbee that runs as a process of its own, with a folder of its own, on free ports. */
export class GuardbeeProcess {
  readonly program: RunningProgram
  readonly folder: TemporaryFolder
  #parsedCharacters = 0
  readonly #events: LogEvent[] = []

  constructor(program: RunningProgram, folder: TemporaryFolder) {
    this.program = program
    this.folder = folder
  }

  get logFolder(): string {
    return path.join(this.folder.path, 'log')
  }

  /** The structured log so far. */
  get events(): readonly LogEvent[] {
    const { stdout } = this.program
    const end = stdout.lastIndexOf('\n') + 1
    for (const line of stdout.slice(this.#parsedCharacters, end).split('\n')) {
      const event = parseLogLine(line)
      if (event !== undefined) this.#events.push(event)
    }
    this.#parsedCharacters = end
    return this.#events
  }

  eventsNamed(event: string): readonly LogEvent[] {
    return this.events.filter(logged => logged.event === event)
  }

  /** Waits for the first event with this name for which `matches` holds. */
  waitForEvent(event: string, matches: (fields: LogEvent['fields']) => boolean = () => true): Promise<LogEvent> {
    return waitFor(`log event "${event}"`, () => this.eventsNamed(event).find(logged => matches(logged.fields)))
  }

  /** Every start of a worker so far, in order. */
  get startedWorkers(): readonly StartedWorker[] {
    return this.eventsNamed('worker started').map(({ fields }) => ({
      worker: String(fields['worker']),
      pid: Number(fields['pid']),
    }))
  }

  /** URL of the first listener with this scheme, as announced: `mqtt`, `ws`, `http`. */
  listenerUrl(scheme: string): URL {
    const listeners = this.eventsNamed('guardbee started')[0]?.fields['listeners']
    const urls = Array.isArray(listeners) ? listeners.map(listener => String(listener).replace(/^[^=]*=/, '')) : []
    const url = urls.find(candidate => candidate.startsWith(`${scheme}://`))
    if (url === undefined) throw new Error(`no ${scheme} listener among ${JSON.stringify(listeners)}`)
    return new URL(url)
  }

  get mqttPort(): number {
    return Number(this.listenerUrl('mqtt').port)
  }

  /** Number of the worker that let this client in last; needs `GUARDBEE_LOG_LEVEL=debug`. */
  async workerOf(clientId: string): Promise<string> {
    const isOfClient = (fields: LogEvent['fields']): boolean => fields['clientId'] === clientId
    await this.waitForEvent('client connected', isOfClient)
    const connects = this.eventsNamed('client connected').filter(({ fields }) => isOfClient(fields))
    return String(connects.at(-1)?.fields['process']).replace(/^worker /, '')
  }

  /** Everything that was written: standard output and error, and each file of the log folder. */
  async allOutput(): Promise<string> {
    const names = await readdir(this.logFolder, { recursive: true, withFileTypes: true })
    const files = names
      .filter(name => name.isFile())
      .map(name => readFile(path.join(name.parentPath, name.name), 'utf8'))
    return [this.program.stdout, this.program.stderr, ...(await Promise.all(files))].join('\n')
  }

  /** Asks it to end and waits for that. */
  async stop(): Promise<ProgramEnd> {
    this.program.kill('SIGTERM')
    return within('end of guardbee after SIGTERM', this.program.ended, STOP_MS)
  }

  /** Ends it however it is and removes its folder; for the end of a test. */
  async destroy(): Promise<void> {
    try {
      if (!this.program.hasEnded) await this.stop()
    } finally {
      for (const { pid } of this.startedWorkers) killIfAlive(pid)
      await this.program.destroy()
      await this.folder.remove()
    }
  }
}

/**
 * Starts `guardbee start` (or `dev`) from source and waits until it says that it is ready. Each of its processes runs the
 * script `before` everything else.
 */
export async function startGuardbee(
  settings: GuardbeeSettings,
  command: 'start' | 'dev' = 'start',
  before?: string,
): Promise<GuardbeeProcess> {
  const folder = await makeTemporaryFolder()
  const options =
    before === undefined ? {} : { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(before)}` }
  const env = { ...environment(settings, folder), ...options }
  const guardbee = new GuardbeeProcess(
    startProgram(process.execPath, [MAIN, command], { env, cwd: folder.path }),
    folder,
  )
  try {
    await waitFor(
      'guardbee started',
      () => guardbee.eventsNamed('guardbee started').length > 0 || gone(guardbee),
      READY_MS,
    )
    return guardbee
  } catch (error) {
    await guardbee.destroy()
    throw new Error(`guardbee did not start:\n${guardbee.program.stdout}${guardbee.program.stderr}`, { cause: error })
  }
}

/** Runs a command of guardbee to its end, with no settings but these. */
export async function runGuardbee(args: readonly string[], settings: GuardbeeSettings = {}): Promise<ProgramEnd> {
  const folder = await makeTemporaryFolder()
  try {
    const env = { ...withoutGuardbeeSettings(), ...settings }
    return await runProgram(process.execPath, [MAIN, ...args], { env, cwd: folder.path })
  } finally {
    await folder.remove()
  }
}

function environment(settings: GuardbeeSettings, folder: TemporaryFolder): Record<string, string | undefined> {
  const logFolder = path.join(folder.path, 'log')
  return { ...withoutGuardbeeSettings(), ...TEST_SETTINGS, GUARDBEE_LOG_DIR: logFolder, ...settings }
}

function withoutGuardbeeSettings(): Record<string, string | undefined> {
  // NODE_TEST_CONTEXT would make the child report to the test runner.
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('GUARDBEE_') && name !== 'NODE_TEST_CONTEXT'),
  )
}

function gone(guardbee: GuardbeeProcess): false {
  if (guardbee.program.hasEnded) throw new Error('guardbee ended instead')
  return false
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it has ended
  }
}

function parseLogLine(line: string): LogEvent | undefined {
  if (!line.startsWith('{')) return undefined
  const record: unknown = JSON.parse(line)
  if (typeof record !== 'object' || record === null || !('msg' in record)) return undefined
  return { event: String(record.msg), fields: { ...record } }
}
