import type { Cluster, Redis } from 'ioredis'
import type { WorkerAddress } from '../../ports/bus.ts'
import { background, type Log } from '../../ports/telemetry.ts'

/** A connection to one Redis, or to a Redis Cluster. */
export type RedisClient = Redis | Cluster

/** Whoever uses the line. */
export interface RedisLineOwner {
  batch(bytes: Buffer): void
  /** Commands can be sent, for the first time or again: those on their way before may not have been run. */
  writable(): void
  /** What others publish arrives, for the first time or again: what they published before is lost. */
  readable(): void
  /** One of the two holds no more. */
  broken(): void
}

/** What a line is made of. */
export interface RedisLineOptions {
  readonly self: WorkerAddress
  readonly clusterName: string
  readonly commands: RedisClient
  readonly subscriber: RedisClient
  readonly log: Log
}

const CLOSED = 'the connection has closed'

/** One worker's way to the others over Redis: batches out and in, one channel for each worker, and scripts. */
export class RedisLine {
  isWritable = false
  isReadable = false
  /** The last thing that went wrong since it was writable. */
  fault: string = CLOSED
  readonly #options: RedisLineOptions
  readonly #owner: RedisLineOwner
  /** Batches of this tick that leave with one write; a Redis Cluster has a connection for each of its servers. */
  #pipeline: ReturnType<Redis['pipeline']> | undefined = undefined
  #closed = false

  constructor(options: RedisLineOptions, owner: RedisLineOwner) {
    this.#options = options
    this.#owner = owner
    const { commands, subscriber, log } = options
    commands.on('ready', () => this.#writable())
    commands.on('close', () => this.#broken('commands'))
    for (const client of [commands, subscriber]) client.on('error', error => this.#fault(error))
    subscriber.on('ready', () => background(log, 'subscribe', this.#subscribe()))
    subscriber.on('close', () => this.#broken('subscriber'))
    subscriber.on(sharded(subscriber) ? 'smessageBuffer' : 'messageBuffer', (_: Buffer, bytes: Buffer) => {
      if (!this.#closed) this.#owner.batch(bytes)
    })
  }

  /** Begins to connect; the owner hears of it. */
  open(): void {
    for (const client of [this.#options.commands, this.#options.subscriber]) {
      // It goes on trying by itself.
      client.connect().catch((error: unknown) => this.#fault(error))
    }
  }

  /** Publishes `bytes[0, length)` with the next `flush`; until then they must stay as they are. */
  publish(to: WorkerAddress, bytes: Buffer, length: number): void {
    const { commands } = this.#options
    const batch = bytes.length === length ? bytes : bytes.subarray(0, length)
    if (!sharded(commands)) {
      this.#pipeline ??= commands.pipeline()
      this.#pipeline.publish(this.#channelOf(to), batch)
      return
    }
    // A copy, because ioredis sends it again when the channel has moved to another server.
    commands.spublish(this.#channelOf(to), Buffer.from(batch)).catch((error: unknown) => this.#fault(error))
  }

  /** Hands over what was published. What gets lost is noticed by its receiver, who does not acknowledge it. */
  flush(): void {
    const pipeline = this.#pipeline
    if (pipeline === undefined) return
    this.#pipeline = undefined
    pipeline.exec().catch((error: unknown) => this.#fault(error))
  }

  /** Runs a script on keys of the cluster; rejects when Redis is away or does not answer. */
  run(script: string, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const { commands, clusterName } = this.#options
    // The braces have all keys in one slot of a Redis Cluster.
    return commands.eval(script, keys.length, ...keys.map(key => `{${clusterName}}:${key}`), ...args)
  }

  /** What others publish does not arrive though it should: connects anew. */
  listenAgain(): void {
    this.#options.subscriber.disconnect(true)
  }

  close(): void {
    this.#closed = true
    this.#options.commands.disconnect()
    this.#options.subscriber.disconnect()
  }

  async #subscribe(): Promise<void> {
    const { subscriber, self } = this.#options
    const channel = this.#channelOf(self)
    try {
      await (sharded(subscriber) ? subscriber.ssubscribe(channel) : subscriber.subscribe(channel))
    } catch (error) {
      this.#fault(error)
      if (!this.#closed) subscriber.disconnect(true)
      return
    }
    this.isReadable = true
    if (!this.#closed) this.#owner.readable()
  }

  #writable(): void {
    this.isWritable = true
    this.fault = CLOSED
    if (!this.#closed) this.#owner.writable()
  }

  #broken(which: 'commands' | 'subscriber'): void {
    if (which === 'commands') this.isWritable = false
    else this.isReadable = false
    if (!this.#closed) this.#owner.broken()
  }

  #fault(error: unknown): void {
    this.fault = error instanceof Error ? error.message : String(error)
  }

  #channelOf(worker: WorkerAddress): string {
    return `${this.#options.clusterName}:w:${worker}`
  }
}

function sharded(client: RedisClient): client is Cluster {
  return 'isCluster' in client && client.isCluster
}
