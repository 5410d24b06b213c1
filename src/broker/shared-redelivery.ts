import type { Counters } from '../core/counters.ts'
import type { EndOfTick } from '../core/end-of-tick.ts'
import type { Clock } from '../ports/clock.ts'
import { background, type Log } from '../ports/telemetry.ts'
import type { Router } from './router.ts'
import type { Undelivered } from './shared-in-flight.ts'

const MESSAGES_PER_TICK = 200

/** What the redelivery works with. */
export interface SharedRedeliveryParts {
  readonly router: Router
  readonly endOfTick: EndOfTick
  readonly clock: Clock
  readonly counters: Counters
  readonly log: Log
}

/**
 * Gives what a member of a Shared Subscription did not acknowledge before its session ended to another member, at the end
 * of the tick, never in the middle of another message's routing; what many have left at once is spread over many ticks.
 */
export class SharedRedelivery {
  readonly #parts: SharedRedeliveryParts
  #left: Undelivered[] = []

  constructor(parts: SharedRedeliveryParts) {
    this.#parts = parts
  }

  /** Bounded by the windows and queues of the sessions that have ended. */
  add(undelivered: readonly Undelivered[]): void {
    if (undelivered.length === 0) return
    if (this.#left.length === 0) this.#parts.endOfTick.add(this)
    for (const one of undelivered) this.#left.push(one)
  }

  flush(): void {
    const { router, endOfTick, clock, counters, log } = this.#parts
    const next = this.#left.splice(0, MESSAGES_PER_TICK)
    if (this.#left.length > 0) endOfTick.add(this)
    for (const { message, sharedFilter } of next) {
      if (message.expired(clock.nowMs())) {
        counters.droppedExpired++
        continue
      }
      const { safe } = router.routeToShared(message, sharedFilter)
      if (safe !== undefined) background(log, 'shared redelivery', safe)
    }
  }
}
