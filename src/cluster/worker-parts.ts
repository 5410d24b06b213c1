import { KeySetsMirror } from '../auth/key-sets-mirror.ts'
import type { Revocations } from '../auth/revocations.ts'
import { Broker } from '../broker/broker.ts'
import { Counters } from '../core/counters.ts'
import { EndOfTick } from '../core/end-of-tick.ts'
import type { WorkerAddress } from '../ports/bus.ts'
import type { Store } from '../ports/store.ts'
import type { Log } from '../ports/telemetry.ts'
import { SlabPool } from '../protocol/slab-pool.ts'
import { logLastWords } from '../telemetry/last-words.ts'
import { createLogger } from '../telemetry/logger.ts'
import { systemClock } from '../telemetry/system-clock.ts'
import { systemRandom } from '../telemetry/system-random.ts'
import { brokerLimits } from './broker-limits.ts'
import { tellPrimary, type WorkerPlan } from './control-messages.ts'
import type { IntrospectionRequests } from './introspection-requests.ts'
import type { KeyRequests } from './key-requests.ts'
import { WorkerBus } from './worker-bus.ts'
import { openWorkerDoor, type WorkerDoor } from './worker-door.ts'
import { openWorkerStore } from './worker-store.ts'

const STANDARD_OUTPUT = 1

/** Everything a worker consists of once it is prepared. */
export interface WorkerParts {
  readonly plan: WorkerPlan
  readonly log: Log
  readonly endOfTick: EndOfTick
  readonly slabs: SlabPool
  readonly bus: WorkerBus
  readonly store: Store
  readonly broker: Broker
  readonly door: WorkerDoor
  readonly keySets: KeySetsMirror
  readonly counters: Counters
  /** Closes what must be flushed or ended before the process may exit. */
  readonly close: () => Promise<void>
}

/** What a worker has of the primary from its first moment on. */
export interface Asking {
  readonly keys: KeyRequests
  readonly introspections: IntrospectionRequests
  readonly revocations: Revocations
}

/** Makes a worker out of its plan; it has no peers and lets nobody in yet. */
export async function prepareWorker(
  plan: WorkerPlan,
  { keys, introspections, revocations }: Asking,
  onBuried: () => void,
): Promise<WorkerParts> {
  const { settings, security, folder, address, number } = plan
  const log = createLogger({ level: settings.logLevel, process: `worker ${number}`, fd: STANDARD_OUTPUT })
  logLastWords(log)
  const clock = systemClock
  const random = systemRandom
  const endOfTick = new EndOfTick(setImmediate)
  const slabs = new SlabPool()
  const counters = new Counters()
  const keySets = new KeySetsMirror({ request: (realm, kid) => keys.ask(realm, kid), clock, log })
  for (const snapshot of plan.keySets) keySets.accept(snapshot)
  const owner = {
    onBuried,
    onState: (up: boolean, why: string) => {
      counters.redisUp = up ? 1 : 0
      tellPrimary({ kind: 'redis', up, why })
    },
    onEstate: (worker: WorkerAddress) => store.sessions.abandon(worker, clock.nowMs()),
  }
  const bus = await WorkerBus.open({ self: address, folder, settings, clock, random, log, endOfTick, slabs, owner })
  const onAway = (why: string): void => owner.onState(false, why)
  const store = await openWorkerStore(plan, { clock, random, log, endOfTick, slabs, onAway })
  const asking = { keySets, introspections, revocations }
  const door = await openWorkerDoor({ settings, security, ...asking, clock, random, endOfTick, log })
  const broker = new Broker({
    bus: bus.bus,
    store,
    door: door.door,
    clock,
    random,
    log,
    counters,
    endOfTick,
    limits: brokerLimits(settings),
    prefersNear: settings.sharedPrefer === 'node',
  })
  const close = async (): Promise<void> => {
    broker.stop()
    await Promise.all([bus.close(), store.close(), door.close()])
  }
  return { plan, log, endOfTick, slabs, bus, store, broker, door, keySets, counters, close }
}
