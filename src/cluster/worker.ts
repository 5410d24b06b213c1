import { ListenerPipelines } from '../auth/pipeline.ts'
import { openAccessLog } from '../auth/access-log.ts'
import type { JwtAuthenticatorFactory } from '../auth/authenticator.ts'
import { JwtRealm } from '../auth/jwt-realm.ts'
import { KeySetsMirror } from '../auth/key-sets-mirror.ts'
import { TokenVerifier } from '../auth/token-verifier.ts'
import { VerifierPool } from '../auth/verifier-pool.ts'
import { Broker } from '../broker/broker.ts'
import { DEFAULT_LIMITS } from '../broker/limits.ts'
import { HostBus } from '../bus/host-bus.ts'
import { Counters } from '../core/counters.ts'
import { EndOfTick } from '../core/end-of-tick.ts'
import type { WorkerAddress } from '../ports/bus.ts'
import type { OpenListener } from '../ports/connection.ts'
import type { KeySetSnapshot } from '../ports/key-sets.ts'
import type { Log } from '../ports/telemetry.ts'
import { ReasonCode } from '../protocol/reason-codes.ts'
import { SlabPool } from '../protocol/slab-pool.ts'
import { StoreClient } from '../store/store-client.ts'
import { createLogger } from '../telemetry/logger.ts'
import { systemClock } from '../telemetry/system-clock.ts'
import { systemRandom } from '../telemetry/system-random.ts'
import { fromPrimary, type ListenerPorts, type ToPrimary, type ToWorker, type WorkerPlan } from './control-messages.ts'
import { KeyRequests } from './key-requests.ts'
import { openListeners } from './listeners.ts'

const JOIN_MS = 5_000
const JOIN_CHECK_MS = 10
const LEAVE_MS = 5_000
const LEAVE_CHECK_MS = 20
const STANDARD_OUTPUT = 1

/** Everything a worker consists of once it is prepared. */
interface WorkerParts {
  readonly plan: WorkerPlan
  readonly log: Log
  readonly endOfTick: EndOfTick
  readonly slabs: SlabPool
  readonly bus: HostBus
  readonly store: StoreClient
  readonly broker: Broker
  readonly door: ListenerPipelines
  readonly keySets: KeySetsMirror
  readonly counters: Counters
  /** Closes what must be flushed or ended before the process may exit. */
  readonly close: () => Promise<void>
}

/** Is a worker of this node: does what the primary says until it says leave, or is gone itself. */
export async function runWorker(): Promise<void> {
  // Only the primary decides when a worker ends; a Ctrl-C reaches the whole process group.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
  // Without its primary a worker would go on taking every other connection of the next broker on these ports.
  process.on('disconnect', () => process.exit(1))
  const worker = new WorkerLife()
  process.on('message', (message: unknown) => worker.heard(fromPrimary(message)))
  tellPrimary({ kind: 'started' })
  await worker.ended
}

/** The steps of a worker's life, each begun by a message of the primary. */
class WorkerLife {
  readonly #keyRequests = new KeyRequests(tellPrimary, systemClock)
  readonly #ended = Promise.withResolvers<void>()
  #parts: WorkerParts | undefined = undefined
  #listeners: readonly OpenListener[] = []
  /** By realm. */
  readonly #earlyKeys = new Map<string, KeySetSnapshot>()

  get ended(): Promise<void> {
    return this.#ended.promise
  }

  heard(message: ToWorker): void {
    if (message.kind === 'prepare') return this.#step(this.#prepare(message.plan))
    const parts = this.#parts
    if (parts === undefined) return this.#heardEarly(message)
    switch (message.kind) {
      case 'peers':
        return parts.bus.setPeers(others(parts, message.addresses))
      case 'join':
        return this.#step(this.#join(parts, message.addresses))
      case 'open':
        return this.#step(this.#open(parts, message.ports))
      case 'keys':
        return parts.keySets.accept(message.snapshot)
      case 'keys-answer':
        return this.#keyRequests.answered(message.id, message.snapshot)
      case 'count':
        return tellPrimary({ kind: 'counted', id: message.id, counters: parts.counters })
      case 'leave':
        return this.#step(this.#leave(parts))
    }
  }

  /** What the primary says while the parts are being made. */
  #heardEarly(message: ToWorker): void {
    if (message.kind === 'keys') this.#earlyKeys.set(message.snapshot.realm, message.snapshot)
    // Nothing is open yet that would have to be closed.
    if (message.kind === 'leave') process.exit(0)
  }

  /** A step that fails ends the worker; the primary says why and forks another one. */
  #step(done: Promise<void>): void {
    done.catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error)
      this.#parts?.log.error('worker failed', error)
      process.send?.({ kind: 'failed', why } satisfies ToPrimary, () => process.exit(1))
    })
  }

  async #prepare(plan: WorkerPlan): Promise<void> {
    const parts = await prepare(plan, this.#keyRequests)
    this.#parts = parts
    for (const snapshot of this.#earlyKeys.values()) parts.keySets.accept(snapshot)
    tellPrimary({ kind: 'prepared' })
  }

  async #join({ bus, broker, log, plan }: WorkerParts, addresses: readonly WorkerAddress[]): Promise<void> {
    const peers = addresses.filter(address => address !== plan.address)
    bus.setPeers(peers)
    const linked = await until(() => peers.every(peer => bus.peers().includes(peer)), JOIN_MS, JOIN_CHECK_MS)
    if (!linked) log.warn('peers cannot be reached yet', { peers })
    await broker.start()
    tellPrimary({ kind: 'joined' })
  }

  async #open(parts: WorkerParts, ports: ListenerPorts): Promise<void> {
    const { broker, plan, log, endOfTick, slabs, door } = parts
    this.#listeners = await openListeners(ports, {
      host: plan.settings.bindAddress,
      accept: connection => broker.accept(connection),
      endOfTick,
      slabs,
      clock: systemClock,
      log,
    })
    const listeners = this.#listeners.map(listener => listener.identity)
    if (plan.number === 1) door.warnUncovered(listeners)
    tellPrimary({ kind: 'opened', listeners })
  }

  async #leave({ broker, close, log }: WorkerParts): Promise<void> {
    await Promise.all(this.#listeners.map(listener => listener.close()))
    const nextTick = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
    const refusal = { reasonCode: ReasonCode.ServerShuttingDown, why: 'server shutting down' }
    await broker.disconnectAll(refusal, nextTick)
    const gone = await until(() => broker.connections === 0, LEAVE_MS, LEAVE_CHECK_MS)
    if (!gone) log.warn('connections left open', { connections: broker.connections })
    await close()
    this.#ended.resolve()
    process.exit(0)
  }
}

async function prepare(plan: WorkerPlan, keyRequests: KeyRequests): Promise<WorkerParts> {
  const { settings, security, folder, address, number } = plan
  const log = createLogger({ level: settings.logLevel, process: `worker ${number}`, fd: STANDARD_OUTPUT })
  const clock = systemClock
  const random = systemRandom
  const endOfTick = new EndOfTick(setImmediate)
  const slabs = new SlabPool()
  const counters = new Counters()
  const keySets = new KeySetsMirror({ request: (realm, kid) => keyRequests.ask(realm, kid), clock, log })
  for (const snapshot of plan.keySets) keySets.accept(snapshot)
  const bus = await HostBus.open({ self: address, folder, clock, log, endOfTick, slabs })
  const store = await StoreClient.open({ socketPath: plan.storeSocket, clock, log, endOfTick, slabs })
  const accessLog = await openAccessLog({ model: security.accessLog, logDir: settings.logDir, clock, log, endOfTick })
  const pool = new VerifierPool(settings.authThreads, clock, log)
  const verifier = new TokenVerifier({ keySets, pool, clock, endOfTick, log })
  const jwtAuthenticator: JwtAuthenticatorFactory = (realm, rules) => new JwtRealm(realm, rules, verifier)
  const door = new ListenerPipelines({ model: security, jwtAuthenticator, accessLog, log, random })
  const broker = new Broker({ bus, store, door, clock, random, log, counters, endOfTick, limits: DEFAULT_LIMITS })
  const close = async (): Promise<void> => {
    broker.stop()
    await Promise.all([bus.close(), store.close(), accessLog.close(), pool.destroy()])
  }
  return { plan, log, endOfTick, slabs, bus, store, broker, door, keySets, counters, close }
}

function others({ plan }: WorkerParts, addresses: readonly WorkerAddress[]): readonly WorkerAddress[] {
  return addresses.filter(address => address !== plan.address)
}

function tellPrimary(message: ToPrimary): void {
  process.send?.(message)
}

/** Whether `holds` came true within `waitMs`. */
async function until(holds: () => boolean, waitMs: number, checkMs: number): Promise<boolean> {
  const deadlineMs = systemClock.nowMs() + waitMs
  while (!holds()) {
    if (systemClock.nowMs() >= deadlineMs) return false
    await new Promise<void>(resolve => systemClock.after(checkMs, resolve))
  }
  return true
}
