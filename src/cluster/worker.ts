import { Revocations, type Revocation } from '../auth/revocations.ts'
import { steadyPace } from '../broker/closing-pace.ts'
import type { WorkerAddress } from '../ports/bus.ts'
import type { KeySetSnapshot } from '../ports/key-sets.ts'
import { background } from '../ports/telemetry.ts'
import { systemClock } from '../telemetry/system-clock.ts'
import type { TlsSetup } from '../transport/tls-setup.ts'
import { fromPrimary, type ListenerPorts, type ToPrimary, type ToWorker, type WorkerPlan } from './control-messages.ts'
import { tellPrimary } from './control-messages.ts'
import { AT_ONCE, type Drain, drainOf } from './drain.ts'
import { IntrospectionRequests } from './introspection-requests.ts'
import { KeyRequests } from './key-requests.ts'
import { openListeners, useTls, type OpenListeners } from './listeners.ts'
import { trustedProxies } from './trusted-proxies.ts'
import { type Asking, prepareWorker, type WorkerParts } from './worker-parts.ts'

type NewSecurity = Extract<ToWorker, { readonly kind: 'security' }>

const JOIN_MS = 5_000
const JOIN_CHECK_MS = 10
const LEAVE_MS = 5_000
const LEAVE_CHECK_MS = 20
/** How long a worker that was taken for dead may take to end. */
const BURIED_MS = 8_000

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
  readonly #asking: Asking = {
    keys: new KeyRequests(tellPrimary, systemClock),
    introspections: new IntrospectionRequests(tellPrimary, systemClock),
    revocations: new Revocations(),
  }
  readonly #ended = Promise.withResolvers<void>()
  #parts: WorkerParts | undefined = undefined
  #listeners: OpenListeners = { all: [], encrypted: [], watch: undefined }
  /** The newest that the primary has sent. */
  #tls: TlsSetup | undefined = undefined
  /** Replaced while the parts were being made. */
  #earlySecurity: NewSecurity | undefined = undefined
  /** One replacement after the other. */
  #replacing: Promise<void> = Promise.resolve()
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
        return parts.bus.setPeers(message.addresses)
      case 'join':
        return this.#step(this.#join(parts, message.addresses))
      case 'open':
        return this.#step(this.#open(parts, message.ports, message.tls))
      case 'tls':
        return this.#useTls(parts, message.tls)
      case 'security':
        return this.#useSecurity(parts, message)
      case 'keys':
        return parts.keySets.accept(message.snapshot)
      case 'keys-answer':
        return this.#asking.keys.answered(message.id, message.answer)
      case 'introspection-answer':
        return this.#asking.introspections.answered(message.id, message.answer)
      case 'revoked':
        return this.#revoke(message.revocations)
      case 'reopen-access-log':
        return parts.door.accessLog.reopen()
      case 'count':
        return tellPrimary({ kind: 'counted', id: message.id, counters: parts.counters })
      case 'sys':
        return parts.broker.publishSys(message.topics)
      case 'leave':
        return this.#step(this.#leave(parts, drainOf(parts.plan.settings)))
    }
  }

  /** What the primary says while the parts are being made. */
  #heardEarly(message: ToWorker): void {
    if (message.kind === 'revoked') this.#revoke(message.revocations)
    if (message.kind === 'security') this.#earlySecurity = message
    if (message.kind === 'keys') this.#earlyKeys.set(message.snapshot.realm, message.snapshot)
    // Nothing is open yet that would have to be closed.
    if (message.kind === 'leave') process.exit(0)
  }

  #revoke(revocations: readonly Revocation[]): void {
    for (const revocation of revocations) this.#asking.revocations.add(revocation, systemClock.nowMs())
    const parts = this.#parts
    if (parts !== undefined) background(parts.log, 'revocation', parts.broker.disconnectRevoked(nextTurn))
  }

  #useSecurity(parts: WorkerParts, message: NewSecurity): void {
    const replaced = this.#replacing.then(() => this.#replaceSecurity(parts, message))
    background(parts.log, 'security change', replaced)
    this.#replacing = replaced.catch(() => {}) // was told of, and is not in the way of the next
  }

  async #replaceSecurity({ door, keySets, broker, log }: WorkerParts, message: NewSecurity): Promise<void> {
    for (const snapshot of message.keySets) keySets.accept(snapshot)
    await door.use(message.security)
    tellPrimary({ kind: 'security-taken', id: message.id })
    await broker.review(nextTurn)
    log.debug('clients held against the new configuration')
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
    this.#revoke(plan.revocations)
    const parts = await prepareWorker(plan, this.#asking, () => this.#buried())
    this.#parts = parts
    for (const snapshot of this.#earlyKeys.values()) parts.keySets.accept(snapshot)
    if (this.#earlySecurity !== undefined) this.#useSecurity(parts, this.#earlySecurity)
    tellPrimary({ kind: 'prepared' })
  }

  async #join({ bus, broker, log }: WorkerParts, addresses: readonly WorkerAddress[]): Promise<void> {
    bus.setPeers(addresses)
    // However long that takes: without Redis nobody is let in.
    await bus.join()
    const linked = await until(() => bus.linked, JOIN_MS, JOIN_CHECK_MS)
    if (!linked) log.warn('peers cannot be reached yet', { peers: addresses })
    await broker.start()
    tellPrimary({ kind: 'joined' })
  }

  async #open(parts: WorkerParts, ports: ListenerPorts, tls: TlsSetup | undefined): Promise<void> {
    const { broker, plan, log, endOfTick, slabs, counters } = parts
    this.#tls = tls
    this.#listeners = await openListeners(ports, tls, trustedProxies(plan.settings), {
      host: plan.settings.bindAddress,
      accept: connection => broker.accept(connection),
      endOfTick,
      slabs,
      clock: systemClock,
      counters,
      log,
      toldElsewhere: plan.number !== 1,
    })
    if (this.#tls !== undefined && this.#tls !== tls) useTls(this.#listeners, this.#tls, log)
    const listeners = this.#listeners.all.map(listener => listener.identity)
    tellPrimary({ kind: 'opened', listeners })
  }

  #useTls({ log }: WorkerParts, tls: TlsSetup): void {
    this.#tls = tls
    useTls(this.#listeners, tls, log)
  }

  /** The other nodes go on without this worker: its sessions are theirs, so its clients must connect again. */
  #buried(): void {
    const parts = this.#parts
    if (parts === undefined) return
    parts.log.warn('worker was cut off from the others and taken for dead: it ends and another one is started')
    systemClock.after(BURIED_MS, () => process.exit(1))
    this.#step(this.#leave(parts, AT_ONCE, 1))
  }

  async #leave({ broker, close, log }: WorkerParts, { refusal, durationMs }: Drain, status = 0): Promise<void> {
    this.#listeners.watch?.close()
    await Promise.all(this.#listeners.all.map(listener => listener.close()))
    await broker.disconnectAll(refusal, steadyPace(durationMs, systemClock, nextTurn))
    const gone = await until(() => broker.connections === 0, LEAVE_MS, LEAVE_CHECK_MS)
    if (!gone) log.warn('connections left open', { connections: broker.connections })
    await close()
    this.#ended.resolve()
    process.exit(status)
  }
}

function nextTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
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
