import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { IConnectPacket } from 'mqtt-packet'
import { Broker } from '../../src/broker/broker.ts'
import type { BrokerLimits } from '../../src/broker/limits.ts'
import { Counters } from '../../src/core/counters.ts'
import { EndOfTick } from '../../src/core/end-of-tick.ts'
import type { WorkerAddress } from '../../src/ports/bus.ts'
import type { Store } from '../../src/ports/store.ts'
import { MemoryStore, type MemoryStoreLimits } from '../../src/store/memory-store.ts'
import { BusyStore } from './busy-store.ts'
import { FakeClock, FakeRandom } from './fake-clock.ts'
import { MemoryNetwork } from './memory-bus.ts'
import { RecordingLog } from './recording-log.ts'
import { TestDoor } from './test-door.ts'
import { WireClient, type WireVersion } from './wire-client.ts'
import { DEFAULT_LIMITS } from './default-limits.ts'

const TICK_MS = 500
/** So high that tests of other things may send many messages at once. */
const RECEIVE_MAXIMUM = 1_024
/** The deadline wheel, the due sessions and the load guard. */
const TIMERS_PER_WORKER = 3
/** More turns than any chain of frames, requests and acknowledgements takes. */
const TURNS_MAX = 20_000

/** One worker of a {@link TestBrokers}. */
export interface TestWorker {
  readonly address: WorkerAddress
  readonly broker: Broker
  readonly counters: Counters
}

/** How brokers under test differ from the usual ones. */
export interface TestBrokersOptions {
  readonly limits?: Partial<BrokerLimits>
  readonly store?: Partial<MemoryStoreLimits>
  /** Opens a store that answers in its own time, in the place of the one in memory. */
  readonly open?: (clock: FakeClock) => Promise<Store>
  /** The address of a worker by its number; all are of one node when left out. */
  readonly address?: (number: number) => WorkerAddress
  readonly prefersNear?: boolean
  /** In the place of one whose timers are never late. */
  readonly clock?: FakeClock
  /** What stands before the store. */
  readonly around?: (store: Store) => Store
}

/** Where and how a client of a test connects; the other fields are those of its CONNECT. */
export interface TestConnect extends Partial<IConnectPacket> {
  /** Number of the worker; the first one when left out. */
  readonly at?: number
  readonly version?: WireVersion
  /** Seconds; MQTT 3 has Clean Session 0 for a session that stays. */
  readonly sessionExpiry?: number
  /** CONNACK is taken and must be Success; `false`: the test looks at it. */
  readonly admitted?: false
  /** Whether the client acknowledges by itself from the start; true when left out. */
  readonly acknowledging?: boolean
}

/**
 * Some whole brokers in one process, joined by a bus, on one store and one clock that stands still. Nothing happens by
 * itself: each step of a test ends when all that follows from it has happened.
 */
export class TestBrokers {
  readonly clock: FakeClock
  readonly random: FakeRandom = new FakeRandom()
  readonly log: RecordingLog = new RecordingLog()
  readonly door: TestDoor = new TestDoor()
  readonly network: MemoryNetwork = new MemoryNetwork()
  readonly store: Store
  readonly endOfTick: EndOfTick
  readonly workers: TestWorker[] = []
  readonly #limits: BrokerLimits
  readonly #options: TestBrokersOptions
  readonly #dead = new Set<WorkerAddress>()
  readonly #scheduled: (() => void)[] = []
  /** Settling is one at a time, so that a step that is made while another settles waits for both. */
  #settling: Promise<void> | undefined = undefined

  /** The store where it answers in its own time. */
  readonly #slow: BusyStore | undefined

  private constructor(options: TestBrokersOptions, clock: FakeClock, slow: BusyStore | undefined) {
    const store = slow ?? new MemoryStore(clock, options.store)
    this.clock = clock
    this.#slow = slow
    this.store = options.around?.(store) ?? store
    this.endOfTick = new EndOfTick(task => this.#scheduled.push(task))
    this.#options = options
    this.#limits = { ...DEFAULT_LIMITS, receiveMaximum: RECEIVE_MAXIMUM, ...options.limits }
  }

  /** Starts `workers` brokers that know each other. */
  static async start(workers = 1, options: TestBrokersOptions = {}): Promise<TestBrokers> {
    const clock = options.clock ?? new FakeClock()
    const slow = options.open && new BusyStore(await options.open(clock))
    const brokers = new TestBrokers(options, clock, slow)
    for (let number = 0; number < workers; number++) await brokers.addWorker()
    return brokers
  }

  /** Starts one more broker and makes it known to the others. */
  async addWorker(): Promise<TestWorker> {
    const { clock, random, log, door, store, endOfTick } = this
    const number = this.workers.length
    const { prefersNear = false } = this.#options
    const address = this.#options.address?.(number) ?? `node/${number}`
    const counters = new Counters()
    const bus = this.network.join(address)
    const broker = new Broker({
      bus,
      store,
      door,
      clock,
      random,
      log,
      counters,
      endOfTick,
      limits: this.#limits,
      prefersNear,
    })
    const worker = { address, broker, counters }
    this.workers.push(worker)
    this.network.raise(address)
    const started = broker.start()
    await this.settle()
    await started
    return worker
  }

  /** The worker with this number. */
  worker(number = 0): TestWorker {
    const worker = this.workers[number]
    assert(worker !== undefined, `there is no worker ${number}`)
    return worker
  }

  /** The process of the worker ends without a word, and its peers and the store learn of it. */
  async kill(number: number): Promise<void> {
    const { address, broker } = this.worker(number)
    broker.stop()
    this.#dead.add(address)
    this.network.kill(address)
    await this.store.sessions.abandon(address, this.clock.nowMs())
    await this.settle()
  }

  /** A connection to a worker, on which nothing was sent yet. */
  open(at = 0, version: WireVersion = 5): WireClient {
    return new WireClient(this.worker(at).broker, this.endOfTick, version, () => this.settle())
  }

  /** A client that is connected: with MQTT 5, Clean Start and an empty session, if nothing else is said. */
  async connect(clientId: string, how: TestConnect = {}): Promise<WireClient> {
    const { at = 0, version = 5, sessionExpiry, admitted, acknowledging = true, ...fields } = how
    const client = this.open(at, version)
    client.acknowledging = acknowledging
    const { properties } = fields
    const expiring = sessionExpiry === undefined ? properties : { sessionExpiryInterval: sessionExpiry, ...properties }
    await client.connect(clientId, expiring === undefined ? fields : { ...fields, properties: expiring })
    if (admitted !== false) {
      const connack = client.expect('connack')
      assert.equal(version === 5 ? connack.reasonCode : connack.returnCode, 0)
    }
    return client
  }

  /** Lets everything happen that follows from what was done: ends ticks, brings frames, until nothing is left. */
  async settle(): Promise<void> {
    while (this.#settling !== undefined) await this.#settling
    this.#settling = this.#settle()
    await this.#settling
  }

  /** Lets time pass, with everything that happens in it. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= TICK_MS) {
      this.clock.advance(Math.min(TICK_MS, left))
      await this.settle()
    }
  }

  /** Sums a counter over the workers that were ever started. */
  count(name: keyof Counters): number {
    return this.workers.reduce((sum, { counters }) => sum + counters[name], 0)
  }

  /** All connections, sessions and subscriptions are gone, with whatever was kept for them, and no error was logged. */
  assertNothingLeft(): void {
    for (const { address, broker, counters } of this.workers) {
      if (this.#dead.has(address)) continue
      const { clients, claims, unheard, deadlines, subscriptions, routes, takeovers } = broker.holdings
      const { connectionsOpen, sessionsConnected, subscriptions: counted } = counters
      const left = {
        clients,
        claims,
        unheard,
        deadlines,
        subscriptions,
        routes,
        takeovers,
        connectionsOpen,
        sessionsConnected,
        counted,
      }
      for (const [name, count] of Object.entries(left)) assert.equal(count, 0, `${name} left at ${address}`)
    }
    assert.deepEqual(this.log.errors, [])
    const timers = (this.workers.length - this.#dead.size) * TIMERS_PER_WORKER
    if (this.#dead.size === 0) assert.equal(this.clock.pendingTimers, timers, 'timers left')
  }

  async #settle(): Promise<void> {
    try {
      for (let quiet = 0, turns = 0; quiet < 2; turns++) {
        assert(turns < TURNS_MAX, 'something goes on for ever')
        await nextTurn()
        const tasks = this.#scheduled.splice(0)
        for (const task of tasks) task()
        const delivered = this.network.deliver()
        const busy = tasks.length > 0 || delivered || this.#slow?.busy === true
        quiet = busy ? 0 : quiet + 1
      }
    } finally {
      this.#settling = undefined
    }
  }
}
