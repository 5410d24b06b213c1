import type { SecurityModel } from '../../../src/auth/security-model.ts'
import type { RunningBroker } from '../../../src/cluster/primary.ts'
import type { RunningListener } from '../../../src/cluster/running-listener.ts'
import type { CommandContext } from '../../../src/cli/command.ts'
import type { StopSignals } from '../../../src/cli/stop-signals.ts'
import type { Terminal } from '../../../src/cli/terminal.ts'
import type { Settings } from '../../../src/config/settings-type.ts'
import { FakeClock, FakeRandom } from '../../support/fake-clock.ts'
import { RecordingLog } from '../../support/recording-log.ts'

/** A terminal that a test can read. */
export class RecordingTerminal implements Terminal {
  inputIsTyped = false
  printed = ''
  complained = ''

  print(text: string): void {
    this.printed += `${text}\n`
  }

  complain(text: string): void {
    this.complained += `${text}\n`
  }

  bold(text: string): string {
    return text
  }

  warning(text: string): string {
    return `!${text}!`
  }
}

/** Signals that a test sends. */
export class FakeSignals implements StopSignals {
  readonly #received = new Set<() => void>()

  get subscribers(): number {
    return this.#received.size
  }

  subscribe(received: () => void): () => void {
    this.#received.add(received)
    return () => void this.#received.delete(received)
  }

  send(): void {
    for (const received of this.#received) received()
  }
}

/** A broker that ends when it is asked to, with status 0, unless told otherwise. */
export class FakeBroker implements RunningBroker {
  readonly listeners: readonly RunningListener[] = [
    { name: 'tcp-listener-1883', transport: 'tcp', url: 'mqtt://127.0.0.1:1883', port: 1883 },
    { name: 'websocket-listener-8083', transport: 'websocket', url: 'ws://127.0.0.1:8083/mqtt', port: 8083 },
  ]
  readonly adminUrl = 'http://127.0.0.1:8080'
  readonly done: Promise<number>
  readonly end: (status: number) => void
  drainMs = 0
  stops = 0
  onStop: () => Promise<void> = () => {
    this.end(0)
    return Promise.resolve()
  }

  constructor() {
    const { promise, resolve } = Promise.withResolvers<number>()
    this.done = promise
    this.end = resolve
  }

  stop(): Promise<void> {
    this.stops += 1
    return this.onStop()
  }
}

/** A context in which a command touches nothing of this machine but ports and files. */
export class RecordingContext implements CommandContext {
  environment: CommandContext['environment'] = {}
  readonly facts = { cores: 2 }
  readonly terminal = new RecordingTerminal()
  readonly clock = new FakeClock()
  readonly random = new FakeRandom()
  readonly signals = new FakeSignals()
  readonly log = new RecordingLog()
  readonly broker = new FakeBroker()
  readonly started: { readonly settings: Settings; readonly security: SecurityModel }[] = []
  discoverIssuer: CommandContext['discoverIssuer'] = () => Promise.reject(new Error('not expected to be asked'))
  startBroker: CommandContext['startBroker'] = (settings, security) => {
    this.started.push({ settings, security })
    return Promise.resolve(this.broker)
  }

  /** What stands on standard input. */
  input = ''
  readonly readInput = (): Promise<string> => Promise.resolve(this.input)

  createLog(): RecordingLog {
    return this.log
  }
}
