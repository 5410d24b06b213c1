import { Redis } from 'ioredis'
import type { RedisStoreConnection } from '../../src/store/redis/redis-store.ts'
import { freePort } from './free-port.ts'
import { startProgram, systemProgram, type RunningProgram } from './programs.ts'
import { makeTemporaryFolder, type TemporaryFolder } from './temporary-folder.ts'
import { waitFor } from './wait-for.ts'

/** Options of redis-server by their names. */
export type RedisServerOptions = Readonly<Record<string, string | number>>

/** A real redis-server on the loopback, in a folder of its own; what it has said is on its disk before it answers. */
export class RedisServer {
  readonly port: number
  readonly #options: RedisServerOptions
  readonly #folder: TemporaryFolder
  #program: RunningProgram

  private constructor(port: number, options: RedisServerOptions, folder: TemporaryFolder) {
    this.port = port
    this.#options = options
    this.#folder = folder
    this.#program = this.#start()
  }

  /** Starts it on this port, or a free one; without `options` it keeps what it has acknowledged. */
  static async start(port?: number, options: RedisServerOptions = {}): Promise<RedisServer> {
    const server = new RedisServer(port ?? (await freePort()), options, await makeTemporaryFolder())
    await server.#ready()
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  get pid(): number {
    return this.#program.pid
  }

  /** Runs one command over a connection of its own. */
  async command(name: string, ...args: readonly string[]): Promise<unknown> {
    const client = new Redis(this.port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null })
    client.on('error', () => {}) // the command is rejected, which says it as well
    try {
      await client.connect()
      return await client.call(name, ...args)
    } finally {
      client.disconnect()
    }
  }

  /** Ends it without warning. */
  async kill(): Promise<void> {
    await this.#program.destroy()
  }

  /** Starts it again with what is on its disk. */
  async restart(): Promise<void> {
    this.#program = this.#start()
    await this.#ready()
  }

  /** Stops it for a while, or lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#program.kill(signal)
  }

  /** A client that is connected; errors of its connection are left to the calls that meet them. */
  async connect(options: Partial<RedisStoreConnection> = {}, port: number = this.port): Promise<Redis> {
    const redis = new Redis(port, '127.0.0.1', options)
    redis.on('error', () => {})
    await waitFor('a connection to Redis', () => redis.status === 'ready')
    return redis
  }

  async stop(): Promise<void> {
    await this.#program.destroy()
    await this.#folder.remove()
  }

  async #ready(): Promise<void> {
    await waitFor('redis-server to answer', async () => {
      if (this.#program.hasEnded) throw new Error(`redis-server ended: ${this.#program.stdout}${this.#program.stderr}`)
      return this.command('PING').then(
        answer => answer === 'PONG',
        () => false,
      )
    })
  }

  #start(): RunningProgram {
    const { port } = this
    const own = { port, bind: '127.0.0.1', dir: this.#folder.path, save: '', appendonly: 'yes', appendfsync: 'always' }
    const options = Object.entries({ ...own, ...this.#options })
    return startProgram(
      systemProgram('redis-server'),
      options.flatMap(([name, value]) => [`--${name}`, String(value)]),
    )
  }
}
