import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startAdminServer, type AdminServer } from '../admin/admin-server.ts'
import type { HttpModule } from '../admin/http-app.ts'
import { accessLogPath } from '../auth/access-log.ts'
import { KeySetSource } from '../auth/key-set-source.ts'
import type { SecurityModel } from '../auth/security-model.ts'
import { accessLogIsWritten, startedBroker, startedSecurity, startingSecurity } from '../auth/start-lines.ts'
import type { Settings } from '../config/settings-type.ts'
import { EndOfTick } from '../core/end-of-tick.ts'
import { BrokerError } from '../core/errors.ts'
import type { ListenerIdentity } from '../ports/connection.ts'
import type { Log } from '../ports/telemetry.ts'
import { SlabPool } from '../protocol/slab-pool.ts'
import { MemoryStore } from '../store/memory-store.ts'
import { StoreServer } from '../store/store-server.ts'
import { createLogger } from '../telemetry/logger.ts'
import { renderPrometheus, sumCounters } from '../telemetry/metrics.ts'
import { keySetMetrics, workerMetrics } from '../telemetry/metrics-table.ts'
import { packageVersion } from '../telemetry/package-version.ts'
import { systemClock } from '../telemetry/system-clock.ts'
import { systemRandom } from '../telemetry/system-random.ts'
import { loadUws, uwsCacheFolder } from '../transport/uws.ts'
import { Supervisor } from './supervisor.ts'

const STANDARD_OUTPUT = 1
const NODE_ID_BYTES = 4

/** A listener that is open. */
export interface RunningListener {
  readonly name: string
  readonly transport: string
  readonly url: string
  readonly port: number
}

/** The broker of this node, running. */
export interface RunningBroker {
  readonly listeners: readonly RunningListener[]
  /** Undefined: the admin server is off. */
  readonly adminUrl: string | undefined
  /** Disconnects the clients and ends the workers, within a bounded time. */
  stop(): Promise<void>
  /** The exit status, when the broker has ended. */
  readonly done: Promise<number>
}

/**
 * Starts the broker of this node with this process as its primary: it keeps the workers running, fetches the keys for
 * all of them, holds what must outlive a worker, and serves the admin port; no message of a client passes through it.
 * Resolves when every listener is open, which waits for the keys of each issuer; rejects with `LISTENER`, or with
 * `STOPPED` when `stop` comes first.
 */
export async function startBroker(
  settings: Settings,
  security: SecurityModel,
  stop: AbortSignal,
): Promise<RunningBroker> {
  const log = createLogger({ level: settings.logLevel, process: 'primary', fd: STANDARD_OUTPUT })
  const startedAtMs = systemClock.nowMs()
  log.info(startingSecurity())
  if (security.accessLog.enabled) log.info(accessLogIsWritten(accessLogPath(settings.logDir, security.accessLog)))
  const node = await Node.open(settings, security, log)
  try {
    const opened = node.letClientsIn(() => log.info(startedSecurity(systemClock.nowMs() - startedAtMs)))
    const listeners = await Promise.race([opened, stopped(stop)])
    const running = listeners.map(listener => runningListener(listener, settings.bindAddress))
    log.info(startedBroker(packageVersion()))
    log.info('guardbee started', {
      listeners: running.map(({ name, url }) => `${name}=${url}`),
      admin: node.adminUrl,
      tookMs: systemClock.nowMs() - startedAtMs,
    })
    return { listeners: running, adminUrl: node.adminUrl, stop: () => node.close(), done: node.done }
  } catch (error) {
    await node.close()
    throw error
  }
}

/** Node's own HTTP server takes its place where uWebSockets.js cannot be loaded. */
function httpModule(): HttpModule | undefined {
  const uws = loadUws(uwsCacheFolder(process.env['XDG_CACHE_HOME']))
  return 'unavailable' in uws ? undefined : uws
}

/** The primary's parts, and their end in the reverse order. */
class Node {
  readonly #log: Log
  readonly #folder: string
  readonly #store: StoreServer
  readonly #keySets: KeySetSource
  readonly #supervisor: Supervisor
  readonly #admin: AdminServer | undefined
  readonly #done = Promise.withResolvers<number>()
  #closing: Promise<void> | undefined = undefined

  private constructor(parts: {
    readonly log: Log
    readonly folder: string
    readonly store: StoreServer
    readonly keySets: KeySetSource
    readonly supervisor: Supervisor
    readonly admin: AdminServer | undefined
  }) {
    this.#log = parts.log
    this.#folder = parts.folder
    this.#store = parts.store
    this.#keySets = parts.keySets
    this.#supervisor = parts.supervisor
    this.#admin = parts.admin
  }

  static async open(settings: Settings, security: SecurityModel, log: Log): Promise<Node> {
    const clock = systemClock
    const folder = await mkdtemp(path.join(tmpdir(), 'guardbee-'))
    const storeSocket = path.join(folder, 'store.sock')
    const memory = new MemoryStore(clock)
    const endOfTick = new EndOfTick(setImmediate)
    const store = await StoreServer.open({
      store: memory,
      socketPath: storeSocket,
      clock,
      log,
      endOfTick,
      slabs: new SlabPool(),
    })
    const keySets = new KeySetSource({ realms: security.realms, clock, random: systemRandom, log })
    const supervisor = new Supervisor({
      node: systemRandom.hex(NODE_ID_BYTES),
      workers: settings.workers,
      plan: { folder, storeSocket, settings, security },
      ports: { mqttPort: settings.mqttPort, wsPort: settings.wsPort },
      keySets,
      sessions: memory.sessions,
      clock,
      log,
    })
    keySets.onSnapshot(snapshot => supervisor.tellAll({ kind: 'keys', snapshot }))
    const metrics = async (): Promise<string> => {
      const sum = sumCounters(await supervisor.counters())
      return renderPrometheus(workerMetrics, sum) + renderPrometheus(keySetMetrics, keySets)
    }
    const view = { ready: () => supervisor.ready, metrics }
    const admin =
      settings.adminPort === undefined
        ? undefined
        : await startAdminServer({ port: settings.adminPort, view, log, http: httpModule() })
    return new Node({ log, folder, store, keySets, supervisor, admin })
  }

  get adminUrl(): string | undefined {
    return this.#admin?.url
  }

  get done(): Promise<number> {
    return this.#done.promise
  }

  /** Starts the workers; the listeners open once the keys of every issuer are here. */
  async letClientsIn(secured: () => void): Promise<readonly ListenerIdentity[]> {
    this.#supervisor.start()
    await this.#keySets.start()
    if (this.#closing !== undefined) throw new BrokerError('STOPPED', 'stopped before the keys were here')
    secured()
    return await this.#supervisor.open()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#log.info('guardbee is stopping')
    await this.#supervisor.leave()
    this.#keySets.close()
    await this.#admin?.close()
    await this.#store.close()
    await rm(this.#folder, { recursive: true, force: true })
    this.#log.info('guardbee has stopped')
    this.#done.resolve(0)
  }
}

function stopped(stop: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const refuse = (): void => reject(new BrokerError('STOPPED', 'stopped before it had started'))
    if (stop.aborted) refuse()
    else stop.addEventListener('abort', refuse, { once: true })
  })
}

function runningListener({ name, transport, port }: ListenerIdentity, bindAddress: string): RunningListener {
  const host = reachable(bindAddress)
  const url = transport === 'websocket' ? `ws://${host}:${port}/mqtt` : `mqtt://${host}:${port}`
  return { name, transport, url, port }
}

/** An address a client on this machine can use. */
function reachable(bindAddress: string): string {
  if (bindAddress === '0.0.0.0') return '127.0.0.1'
  if (bindAddress === '::') return '[::1]'
  return bindAddress.includes(':') ? `[${bindAddress}]` : bindAddress
}
