import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startAdminServer, type AdminServer } from '../admin/admin-server.ts'
import type { HttpModule } from '../admin/http-app.ts'
import { accessLogPath } from '../auth/access-log.ts'
import { logoutIssuers } from '../auth/logout-issuers.ts'
import { warnOfModel } from '../auth/model-warnings.ts'
import { RevocationDesk } from '../auth/revocation-desk.ts'
import type { Revocation } from '../auth/revocations.ts'
import type { SecurityModel } from '../auth/security-model.ts'
import type { SecurityReader, SecuritySource } from '../auth/security-source.ts'
import { accessLogIsWritten, startedBroker, startedSecurity, startingSecurity } from '../auth/start-lines.ts'
import { clientPorts } from '../config/client-ports.ts'
import { reachableHost } from '../config/loopback.ts'
import type { Settings } from '../config/settings-type.ts'
import { EndOfTick } from '../core/end-of-tick.ts'
import { BrokerError } from '../core/errors.ts'
import type { ListenerIdentity } from '../ports/connection.ts'
import type { Log } from '../ports/telemetry.ts'
import { SlabPool } from '../protocol/slab-pool.ts'
import { logLastWords } from '../telemetry/last-words.ts'
import { createLogger } from '../telemetry/logger.ts'
import { renderPrometheus, sumCounters } from '../telemetry/metrics.ts'
import { storeMetrics, workerMetrics } from '../telemetry/metrics-table.ts'
import { packageVersion } from '../telemetry/package-version.ts'
import { SysValues } from '../telemetry/sys-values.ts'
import { systemClock } from '../telemetry/system-clock.ts'
import { systemRandom } from '../telemetry/system-random.ts'
import type { TlsSource } from '../transport/tls-source.ts'
import { loadUws, uwsCacheFolder } from '../transport/uws.ts'
import { nodeName } from './node-name.ts'
import { redisAddress } from './redis-connection.ts'
import { AccessLogFiles } from './access-log-files.ts'
import { openExplainDesk } from './explaining.ts'
import { drainOf } from './drain.ts'
import { type RunningListener, runningListener } from './running-listener.ts'
import { openSocketFolder } from './socket-folder.ts'
import { openTlsSource, warnUnencrypted } from './encryption.ts'
import { securityChange } from './security-change.ts'
import { openSecuritySource, type SecurityReading } from './security-files.ts'
import { type NodeStore, openNodeStore } from './node-store.ts'
import { Supervisor } from './supervisor.ts'
import { SysPublisher } from './sys-publisher.ts'
import { TokenSources } from './token-sources.ts'

const STANDARD_OUTPUT = 1
/** Secrets that no worker has a use for. */
const NO_SECRETS = {
  adminToken: undefined,
  tlsTicketSecret: undefined,
  clusterSecret: undefined,
  clusterSecretAccepted: undefined,
} as const

/** The broker of this node, running. */
export interface RunningBroker {
  readonly listeners: readonly RunningListener[]
  /** Undefined: the admin server is off. */
  readonly adminUrl: string | undefined
  /** How long the clients are given to leave when the broker stops. */
  readonly drainMs: number
  /** Disconnects the clients and ends the workers, within a bounded time. */
  stop(): Promise<void>
  /** The exit status, when the broker has ended. */
  readonly done: Promise<number>
}

/**
 * Starts the broker of this node with this process as its primary: it keeps the workers running, fetches the keys for
 * all of them, holds what must outlive a worker, and serves the admin port; no message of a client passes through it.
 * Resolves when every listener is open, which waits for the keys of each issuer; rejects with `LISTENER`, or with
 * `STOPPED` when `stop` comes first. With a `reader` the security configuration is read anew when its files change.
 */
export async function startBroker(
  settings: Settings,
  security: SecurityModel,
  stop: AbortSignal,
  reader?: SecurityReader,
): Promise<RunningBroker> {
  const log = createLogger({ level: settings.logLevel, process: 'primary', fd: STANDARD_OUTPUT })
  logLastWords(log)
  const startedAtMs = systemClock.nowMs()
  log.info(startingSecurity())
  if (security.accessLog.enabled) log.info(accessLogIsWritten(accessLogPath(settings.logDir, security.accessLog)))
  const node = await Node.open(settings, { model: security, reader }, log)
  try {
    const opened = node.letClientsIn(() => log.info(startedSecurity(systemClock.nowMs() - startedAtMs)))
    const listeners = await Promise.race([opened, node.workerFailure, stopped(stop)])
    const running = listeners.map(listener => runningListener(listener, settings.bindAddress))
    warnUnencrypted(listeners, settings.bindAddress, log)
    log.info(startedBroker(packageVersion()))
    log.info('guardbee started', {
      listeners: running.map(({ name, url }) => `${name}=${url}`),
      admin: node.adminUrl,
      tookMs: systemClock.nowMs() - startedAtMs,
    })
    const { delayMs, durationMs } = drainOf(settings)
    const drainMs = delayMs + durationMs
    return { listeners: running, adminUrl: node.adminUrl, drainMs, stop: () => node.close(), done: node.done }
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
  readonly #store: NodeStore | undefined
  readonly #tokens: TokenSources
  readonly #tls: TlsSource | undefined
  readonly #security: SecuritySource | undefined
  readonly #supervisor: Supervisor
  readonly #accessLog: AccessLogFiles
  readonly #admin: AdminServer | undefined
  readonly #sys: SysPublisher
  readonly #warn: () => void
  readonly #done = Promise.withResolvers<number>()
  #closing: Promise<void> | undefined = undefined

  private constructor(parts: {
    readonly log: Log
    readonly folder: string
    readonly store: NodeStore | undefined
    readonly tokens: TokenSources
    readonly tls: TlsSource | undefined
    readonly security: SecuritySource | undefined
    readonly supervisor: Supervisor
    readonly accessLog: AccessLogFiles
    readonly admin: AdminServer | undefined
    readonly sys: SysPublisher
    readonly warn: () => void
  }) {
    this.#log = parts.log
    this.#folder = parts.folder
    this.#store = parts.store
    this.#tokens = parts.tokens
    this.#tls = parts.tls
    this.#security = parts.security
    this.#supervisor = parts.supervisor
    this.#accessLog = parts.accessLog
    this.#admin = parts.admin
    this.#sys = parts.sys
    this.#warn = parts.warn
  }

  static async open(settings: Settings, reading: SecurityReading, log: Log): Promise<Node> {
    const clock = systemClock
    const security = reading.model
    const securitySource = await openSecuritySource(reading, { clock, log })
    const model = (): SecurityModel => securitySource?.model ?? security
    const tls = await openTlsSource(settings, { clock, random: systemRandom, log })
    const folder = await openSocketFolder(tmpdir(), process.pid)
    // With Redis each worker asks it by itself.
    const storeSocket = settings.redisUrl === undefined ? path.join(folder, 'store.sock') : undefined
    const endOfTick = new EndOfTick(setImmediate)
    const slabs = new SlabPool()
    const storeParts = { clock, random: systemRandom, log, endOfTick, slabs }
    const store =
      storeSocket === undefined ? undefined : await openNodeStore(settings, { ...storeParts, socketPath: storeSocket })
    const tokens = await TokenSources.open(settings, security.realms, { clock, random: systemRandom, log, endOfTick })
    const { keySets, introspections, revocations } = tokens
    const supervisor = new Supervisor({
      node: nodeName(settings.nodeId, systemRandom),
      workers: settings.workers,
      redis: redisAddress(settings),
      plan: { folder, storeSocket, settings: { ...settings, ...NO_SECRETS } },
      ports: clientPorts(settings),
      security: model,
      tls: () => tls?.setup,
      keySets,
      introspections,
      revocations,
      sessions: store?.store.sessions,
      drain: drainOf(settings),
      clock,
      log,
    })
    const warn = (): void => {
      if (supervisor.listeners !== undefined) warnOfModel(model(), supervisor.listeners, log)
    }
    const reopen = (): void => supervisor.tellAll({ kind: 'reopen-access-log' })
    const accessLog = new AccessLogFiles(settings, security.accessLog, { clock, log, endOfTick, reopen })
    securitySource?.onChange(securityChange({ tokens, accessLog, supervisor, changed: warn }))
    tls?.onChange(setup => supervisor.tellAll({ kind: 'tls', tls: setup }))
    keySets.onSnapshot(snapshot => supervisor.tellAll({ kind: 'keys', snapshot }))
    const metrics = async (): Promise<string> => {
      const sum = sumCounters(await supervisor.counters())
      const stored = store === undefined ? '' : renderPrometheus(storeMetrics, store.counts())
      return renderPrometheus(workerMetrics, sum) + tokens.metrics() + stored
    }
    const sys = new SysPublisher({
      values: new SysValues(packageVersion(), clock.nowMs()),
      counters: () => supervisor.counters(),
      sizes: () => store?.counts(),
      tell: topics => supervisor.tellAll({ kind: 'sys', topics }),
      clock,
      log,
    })
    sys.start(settings.sysInterval)
    const spread = (added: readonly Revocation[]): void => supervisor.tellAll({ kind: 'revoked', revocations: added })
    tokens.onRevoked(spread)
    const revoking = new RevocationDesk({
      revocations,
      keySets,
      issuers: () => logoutIssuers(model()),
      adminToken: settings.adminToken,
      clock,
      log,
      spread,
      keep: added => tokens.keep(added),
    })
    const explaining = openExplainDesk(settings, { model, keySets, introspections, revocations, clock, log })
    const view = { unready: () => supervisor.unready, metrics, revoking, explaining }
    const { adminBindAddress, adminPort: port } = settings
    const host = reachableHost(adminBindAddress)
    const admin =
      port === undefined
        ? undefined
        : await startAdminServer({ address: adminBindAddress, host, port, view, log, http: httpModule() })
    return new Node({
      log,
      folder,
      store,
      tokens,
      tls,
      security: securitySource,
      supervisor,
      accessLog,
      admin,
      sys,
      warn,
    })
  }

  get adminUrl(): string | undefined {
    return this.#admin?.url
  }

  /** Rejects when a worker cannot do its part of the start. */
  get workerFailure(): Promise<never> {
    return this.#supervisor.failure
  }

  get done(): Promise<number> {
    return this.#done.promise
  }

  /** Starts the workers; the listeners open once the keys of every issuer are here. */
  async letClientsIn(secured: () => void): Promise<readonly ListenerIdentity[]> {
    this.#supervisor.start()
    await this.#tokens.start()
    if (this.#closing !== undefined) throw new BrokerError('STOPPED', 'stopped before the keys were here')
    secured()
    const listeners = await this.#supervisor.open()
    this.#warn()
    return listeners
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#log.info('guardbee is stopping')
    this.#sys.close()
    await this.#supervisor.leave()
    await this.#tokens.close()
    this.#tls?.close()
    this.#security?.close()
    this.#accessLog.close()
    await this.#admin?.close()
    await this.#store?.close()
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
