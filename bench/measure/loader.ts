import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import path from 'node:path'
import type { LoaderNews, LoaderOrder, LoaderPlan, LoaderResult } from '../load/plan.ts'

const PROGRAM = path.resolve(import.meta.dirname, '../load/loader-process.ts')
const READY_SECONDS = 120
const RESULT_SECONDS = 120
const CLOSE_SECONDS = 10

/** A process of the load generator, seen from the suite. */
export class Loader {
  readonly #child: ChildProcess
  readonly #ready = Promise.withResolvers<void>()
  readonly #result = Promise.withResolvers<LoaderResult>()
  readonly #ended: Promise<void>

  constructor(plan: LoaderPlan, cores: string | undefined) {
    const command = [process.execPath, PROGRAM]
    const [file = '', ...args] = cores === undefined ? command : ['taskset', '-c', cores, ...command]
    this.#child = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' })
    // Whoever waits hears of a failure, and nobody need wait for both.
    this.#ready.promise.catch(() => undefined)
    this.#result.promise.catch(() => undefined)
    this.#child.on('message', (message: unknown) => this.#hear(newsFrom(message)))
    this.#child.on('error', error => this.#fail(error.message))
    this.#ended = new Promise(resolve => {
      this.#child.on('exit', code => {
        this.#fail(`ended with status ${code}`)
        resolve()
      })
    })
    this.#tell({ kind: 'plan', plan })
  }

  /** Resolves when everything is connected and subscribed. */
  async ready(): Promise<void> {
    await within(READY_SECONDS, 'to be ready', this.#ready.promise)
  }

  begin(atMicroseconds: number): void {
    this.#tell({ kind: 'begin', atMicroseconds })
  }

  /** Ends a plan without an end of its own. */
  finish(): void {
    this.#tell({ kind: 'finish' })
  }

  async result(): Promise<LoaderResult> {
    return await within(RESULT_SECONDS, 'to finish', this.#result.promise)
  }

  /** Closes all connections and ends the process. */
  async close(): Promise<void> {
    this.#tell({ kind: 'close' })
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), CLOSE_SECONDS * 1_000)
    await this.#ended
    clearTimeout(timer)
  }

  #hear(news: LoaderNews): void {
    switch (news.kind) {
      case 'ready':
        return this.#ready.resolve()
      case 'result':
        return this.#result.resolve(news.result)
      case 'failed':
        return this.#fail(news.why)
    }
  }

  #fail(why: string): void {
    const error = new Error(`load generator: ${why}`)
    this.#ready.reject(error)
    this.#result.reject(error)
  }

  #tell(order: LoaderOrder): void {
    if (this.#child.connected) this.#child.send(order)
  }
}

async function within<T>(seconds: number, what: string, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => late.reject(new Error(`the load generator took more than ${seconds} seconds ${what}`)),
    seconds * 1_000,
  )
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

// The child is `loader-process.ts` of the same checkout, and sends nothing else.
function newsFrom(message: unknown): LoaderNews {
  return message as LoaderNews
}
