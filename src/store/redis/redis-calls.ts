import type { Cluster, Redis } from 'ioredis'
import { BackOff } from '../../core/back-off.ts'
import type { EndOfTick } from '../../core/end-of-tick.ts'
import { BrokerError } from '../../core/errors.ts'
import type { Clock } from '../../ports/clock.ts'
import { background, type Log } from '../../ports/telemetry.ts'
import { isUnknownScript, OutOfReach, storeError } from './redis-errors.ts'
import type { Script } from './script.ts'

/** Calls that may wait for their answer. */
const OUTSTANDING_MAX = 100_000
const RETRY_FIRST_MS = 50
const RETRY_LONGEST_MS = 1_000
/** How long a call that may be repeated waits for Redis to come back; its client waits as long. */
const HOLD_MS = 600_000

/** An argument of a script. */
export type Argument = string | number | Buffer

/** What a call changes: something that an acknowledgement tells of, or not. */
export type Weight = 'acknowledged' | 'light'

/** What {@link RedisCalls} works with. */
export interface RedisCallsParts {
  readonly redis: Redis | Cluster
  /** Of every key, with a hash tag in it: `{guardbee}:`. */
  readonly prefix: string
  readonly clock: Clock
  readonly log: Log
  readonly endOfTick: EndOfTick
  /** Replicas that must have a write before it counts as done; 0: none. */
  readonly waitReplicas: number
  readonly waitMs: number
}

interface Call {
  readonly script: Script
  readonly nowMs: number
  readonly args: () => readonly Argument[]
  readonly weight: Weight
  readonly resolve: (reply: unknown) => void
  readonly reject: (error: BrokerError) => void
}

interface SentCall extends Call {
  readonly given: readonly Argument[]
}

interface Answers {
  readonly replies: readonly Reply[]
  readonly safe: boolean
}

type Reply = readonly [error: Error | null, result: unknown]

/** The scripts of the store, called: those of one turn of the event loop leave in one pipeline, in their order. */
export class RedisCalls {
  readonly prefix: string
  readonly clock: Clock
  readonly #parts: RedisCallsParts
  #gathered: Call[] = []
  #outstanding = 0
  /** Calls that wait for Redis to come back. */
  #held = 0
  #closed = false
  #back: Promise<void> | undefined = undefined
  #idle: (() => void) | undefined = undefined

  constructor(parts: RedisCallsParts) {
    this.#parts = parts
    this.prefix = parts.prefix
    this.clock = parts.clock
  }

  /** Runs a script with the time and `args`. Rejects with {@link OutOfReach} when nobody knows whether it ran. */
  call(script: Script, args: readonly Argument[], weight: Weight = 'light'): Promise<unknown> {
    return this.#gather(script, this.clock.nowMs(), () => args, weight)
  }

  /** The same at a time that the caller names. */
  callAt(nowMs: number, script: Script, args: readonly Argument[], weight: Weight = 'light'): Promise<unknown> {
    return this.#gather(script, nowMs, () => args, weight)
  }

  /** The same with arguments that are made when the tick ends, from all that it has brought. */
  callWhenFlushed(script: Script, args: () => readonly Argument[], weight: Weight): Promise<unknown> {
    return this.#gather(script, this.clock.nowMs(), args, weight)
  }

  /** The same for a step that does no harm when it is done twice: asked again until Redis answers; see {@link held}. */
  sure(script: Script, args: readonly Argument[], weight: Weight = 'light'): Promise<unknown> {
    return this.held(() => this.call(script, args, weight))
  }

  /**
   * Calls until Redis has answered, for a step that does no harm when it is done twice or late. Those that wait are called
   * again in their order, and before those that come meanwhile. Rejects when Redis refuses, after `holdMs`, and when the
   * store is closed.
   */
  async held<Result>(call: () => Promise<Result>, holdMs: number = HOLD_MS): Promise<Result> {
    const endMs = this.clock.nowMs() + holdMs
    if (this.#held > 0 && this.#held < OUTSTANDING_MAX) await this.#wait(endMs)
    for (;;) {
      try {
        return await call()
      } catch (error) {
        const late = this.#closed || this.clock.nowMs() >= endMs || this.#held >= OUTSTANDING_MAX
        if (!(error instanceof OutOfReach) || late) throw error
      }
      await this.#wait(endMs)
    }
  }

  /** Hands over what this tick has gathered. */
  flush(): void {
    const calls = this.#gathered
    this.#gathered = []
    background(this.#parts.log, 'store calls', this.#run(calls))
  }

  /** Refuses what is asked from now on; resolves when what was asked has been answered. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.#outstanding > 0) await new Promise<void>(resolve => (this.#idle = resolve))
  }

  #gather(script: Script, nowMs: number, args: () => readonly Argument[], weight: Weight): Promise<unknown> {
    if (this.#closed) return Promise.reject(new BrokerError('STORE_UNAVAILABLE', 'the store is closed'))
    if (this.#outstanding >= OUTSTANDING_MAX) return Promise.reject(new OutOfReach('too many calls wait for it'))
    this.#outstanding++
    if (this.#gathered.length === 0) this.#parts.endOfTick.add(this)
    return new Promise((resolve, reject) => {
      this.#gathered.push({ script, nowMs, args, weight, resolve, reject })
    })
  }

  async #run(calls: readonly Call[]): Promise<void> {
    try {
      const sent = calls.map(call => ({ ...call, given: call.args() }))
      let { replies, safe } = await this.#send('evalsha', sent)
      const unknown = sent.filter((_, index) => isUnknown(replies[index]))
      if (unknown.length > 0) {
        const again = await this.#send('eval', unknown)
        let next = 0
        replies = replies.map(reply => (isUnknown(reply) ? (again.replies[next++] ?? reply) : reply))
        safe = safe && again.safe
      }
      for (const [index, call] of calls.entries()) answer(call, replies[index], safe)
    } catch (error) {
      const why = new OutOfReach(error instanceof Error ? error.message : String(error), error)
      for (const { reject } of calls) reject(why)
    } finally {
      this.#outstanding -= calls.length
      if (this.#outstanding === 0) this.#idle?.()
    }
  }

  /** `safe`: as many replicas as were asked for have what this connection has written. */
  async #send(command: 'evalsha' | 'eval', calls: readonly SentCall[]): Promise<Answers> {
    const { redis, prefix, waitReplicas, waitMs } = this.#parts
    const pipeline = redis.pipeline()
    for (const { script, nowMs, given } of calls) {
      const code = command === 'eval' ? script.lua : script.sha
      pipeline.callBuffer(command, [code, 1, prefix, nowMs, ...given])
    }
    const waits = waitReplicas > 0 && calls.some(({ weight }) => weight === 'acknowledged')
    if (waits) pipeline.callBuffer('wait', waitReplicas, waitMs)
    const replies = (await pipeline.exec()) ?? []
    const replicas = waits ? replies.at(-1)?.[1] : waitReplicas
    return { replies, safe: typeof replicas === 'number' && replicas >= waitReplicas }
  }

  #wait(endMs: number): Promise<void> {
    this.#held++
    return this.#untilBack(endMs).finally(() => this.#held--)
  }

  /** Resolves when Redis can be asked again, or it is time to give up; all who wait share one look. */
  async #untilBack(endMs: number): Promise<void> {
    const backOff = new BackOff(RETRY_FIRST_MS, RETRY_LONGEST_MS)
    do {
      this.#back ??= new Promise(resolve => {
        this.clock.after(backOff.nextDelayMs(), () => {
          this.#back = undefined
          resolve()
        })
      })
      await this.#back
    } while (this.#parts.redis.status !== 'ready' && !this.#closed && this.clock.nowMs() < endMs)
  }
}

function isUnknown(reply: Reply | undefined): boolean {
  const error = reply?.[0]
  return error instanceof Error && isUnknownScript(error)
}

function answer(call: Call, reply: Reply | undefined, safe: boolean): void {
  if (reply === undefined) return call.reject(new OutOfReach('it did not answer'))
  const [error, result] = reply
  if (error !== null) return call.reject(storeError(error))
  if (call.weight === 'acknowledged' && !safe) {
    return call.reject(new BrokerError('STORE_UNAVAILABLE', 'too few replicas of Redis have the write'))
  }
  call.resolve(result)
}
