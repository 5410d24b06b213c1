import { Counters } from '../../src/core/counters.ts'
import { EndOfTick } from '../../src/core/end-of-tick.ts'
import type { Connection, ConnectionHandler, OpenListener } from '../../src/ports/connection.ts'
import type { Log, LogFields } from '../../src/ports/telemetry.ts'
import { SlabPool } from '../../src/protocol/slab-pool.ts'
import type { ListenerOptions } from '../../src/transport/listener-options.ts'
import type { ByteClient, ConnectClient } from './byte-clients.ts'
import { FakeClock } from './fake-clock.ts'
import { waitFor } from './wait-for.ts'

/** Opens a listener of one transport. */
export type OpenWith = (options: ListenerOptions) => Promise<OpenListener>

/** The broker's end of one connection, which notes what the transport calls. */
export class Accepted implements ConnectionHandler {
  readonly connection: Connection
  readonly #chunks: Buffer[] = []
  receivedBytes = 0
  drains = 0
  closes = 0
  /** Calls that came after `closed`; there must be none. */
  callsTooLate = 0
  /** Set by a test: what to do with received bytes beside noting them. */
  onReceived: (bytes: Buffer) => void = () => {}
  onDrained: () => void = () => {}

  constructor(connection: Connection) {
    this.connection = connection
  }

  received(bytes: Buffer, start: number, end: number): void {
    if (this.closes > 0) this.callsTooLate++
    const copy = Buffer.from(bytes.subarray(start, end))
    this.#chunks.push(copy)
    this.receivedBytes += copy.length
    this.onReceived(copy)
  }

  drained(): void {
    if (this.closes > 0) this.callsTooLate++
    this.drains++
    this.onDrained()
  }

  closed(): void {
    this.closes++
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  /** Puts bytes into the out-buffer. */
  write(bytes: Buffer): void {
    this.connection.out.append(bytes, 0, bytes.length)
  }
}

/** Counts the slabs that were taken and not given back. */
export class CountingSlabPool extends SlabPool {
  outstanding = 0

  override take(size: number): Buffer {
    this.outstanding++
    return super.take(size)
  }

  override give(slab: Buffer): void {
    this.outstanding--
    super.give(slab)
  }
}

/** A log that keeps its lines. */
export class ListLog implements Log {
  readonly lines: { readonly level: string; readonly event: string; readonly fields: LogFields | undefined }[] = []

  debug(event: string, fields?: LogFields): void {
    this.lines.push({ level: 'debug', event, fields })
  }

  info(event: string, fields?: LogFields): void {
    this.lines.push({ level: 'info', event, fields })
  }

  warn(event: string, fields?: LogFields): void {
    this.lines.push({ level: 'warn', event, fields })
  }

  error(event: string, _error: unknown, fields?: LogFields): void {
    this.lines.push({ level: 'error', event, fields })
  }
}

/** One listener under test with everything it needs. */
export class ListenerHarness {
  readonly slabs = new CountingSlabPool()
  readonly clock = new FakeClock()
  readonly counters = new Counters()
  readonly log = new ListLog()
  readonly accepted: Accepted[] = []
  readonly #open: OpenWith
  readonly #connect: ConnectClient
  readonly #listeners: OpenListener[] = []
  readonly #clients: ByteClient[] = []
  readonly #endOfTick = new EndOfTick(task => void setImmediate(task))
  /** Set by a test: seen by each connection before its listener goes on. */
  onAccepted: (accepted: Accepted) => void = () => {}

  constructor(open: OpenWith, connect: ConnectClient) {
    this.#open = open
    this.#connect = connect
  }

  async listen(port = 0, name?: string): Promise<OpenListener> {
    const listener = await this.#open({
      name,
      host: '127.0.0.1',
      port,
      accept: connection => this.#accept(connection),
      endOfTick: this.#endOfTick,
      slabs: this.slabs,
      clock: this.clock,
      counters: this.counters,
      log: this.log,
    })
    this.#listeners.push(listener)
    return listener
  }

  /** A client and the broker's end of its connection. */
  async pair(port: number): Promise<{ readonly client: ByteClient; readonly accepted: Accepted }> {
    const seen = this.accepted.length
    const client = await this.connect(port)
    const accepted = await waitFor('the connection to be accepted', () => this.accepted[seen])
    return { client, accepted }
  }

  async connect(port: number): Promise<ByteClient> {
    const client = await this.#connect(port)
    this.#clients.push(client)
    return client
  }

  /** Closes everything and checks what holds for every connection at its end. */
  async stop(): Promise<void> {
    for (const accepted of this.accepted) accepted.connection.destroy()
    for (const client of this.#clients) client.reset()
    await waitFor('every connection to be gone', () => this.accepted.every(accepted => accepted.closes > 0))
    for (const listener of this.#listeners) await listener.close()
    await waitFor('every slab to come back', () => this.slabs.outstanding === 0)
  }

  #accept(connection: Connection): ConnectionHandler {
    const accepted = new Accepted(connection)
    this.accepted.push(accepted)
    this.onAccepted(accepted)
    return accepted
  }
}
