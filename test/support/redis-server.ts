import { Redis } from 'ioredis'
import { freePort } from './free-port.ts'
import { startProgram, systemProgram, type RunningProgram } from './programs.ts'
import { makeTemporaryFolder, type TemporaryFolder } from './temporary-folder.ts'
import { waitFor } from './wait-for.ts'

/** A real redis-server on the loopback, in a folder of its own; what it has said is on its disk before it answers. */
export class RedisServer {
  readonly port: number
  readonly #folder: TemporaryFolder
  #program: RunningProgram

  private constructor(port: number, folder: TemporaryFolder, program: RunningProgram) {
    this.port = port
    this.#folder = folder
    this.#program = program
  }

  static async start(port?: number): Promise<RedisServer> {
    const chosen = port ?? (await freePort())
    const folder = await makeTemporaryFolder()
    const server = new RedisServer(chosen, folder, startRedis(chosen, folder))
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
    this.#program = startRedis(this.port, this.#folder)
    await this.#ready()
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
}

function startRedis(port: number, folder: TemporaryFolder): RunningProgram {
  const options = { port, bind: '127.0.0.1', dir: folder.path, save: '', appendonly: 'yes', appendfsync: 'always' }
  return startProgram(
    systemProgram('redis-server'),
    Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]),
  )
}
