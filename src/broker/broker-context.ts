import type { Counters } from '../core/counters.ts'
import type { Clock, Random } from '../ports/clock.ts'
import type { Door } from '../ports/auth.ts'
import type { WorkerAddress } from '../ports/bus.ts'
import type { Store } from '../ports/store.ts'
import type { Log } from '../ports/telemetry.ts'
import type { ClientRegistry } from './client-registry.ts'
import type { DeadlineWheel } from './deadline-wheel.ts'
import type { BrokerLimits } from './limits.ts'
import type { LoadGuard } from './load-guard.ts'
import type { RetainedReplay } from './retained-messages.ts'
import type { RouteCache } from './route-cache.ts'
import type { Router } from './router.ts'
import type { SessionManager } from './session-manager.ts'
import type { Traffic } from './traffic.ts'

/** What a connection's handlers work with: the ports, and the parts of the broker that all connections share. */
export interface BrokerContext {
  /** Of this worker. */
  readonly address: WorkerAddress
  readonly limits: BrokerLimits
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly counters: Counters
  readonly door: Door
  readonly store: Store
  readonly wheel: DeadlineWheel
  readonly registry: ClientRegistry
  readonly sessions: SessionManager
  readonly router: Router
  readonly routes: RouteCache
  readonly retained: RetainedReplay
  readonly load: LoadGuard
  /** Undefined where nothing is bounded. */
  readonly traffic: Traffic | undefined
}
