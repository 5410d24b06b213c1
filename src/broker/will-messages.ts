import type { Counters } from '../core/counters.ts'
import type { EndOfTick } from '../core/end-of-tick.ts'
import { Message } from '../core/message.ts'
import { safetyOf } from '../core/partly-refused.ts'
import type { Clock } from '../ports/clock.ts'
import type { StoredWill } from '../ports/store.ts'
import { background, type Log } from '../ports/telemetry.ts'
import type { Router } from './router.ts'

const WILLS_PER_TICK = 200

interface Publication {
  readonly will: StoredWill
  readonly done: () => void
}

/**
 * Publishes Will Messages at the end of the tick in which they became due, never in the middle of another message's
 * routing; a mass of them, as after a broken network, is spread over many ticks.
 */
export class WillMessages {
  readonly #router: Router
  readonly #endOfTick: EndOfTick
  readonly #counters: Counters
  readonly #log: Log
  readonly #clock: Clock
  #due: Publication[] = []

  constructor(router: Router, endOfTick: EndOfTick, counters: Counters, clock: Clock, log: Log) {
    this.#router = router
    this.#clock = clock
    this.#endOfTick = endOfTick
    this.#counters = counters
    this.#log = log
  }

  /** Resolves when the message is as safe as one that is acknowledged, or was refused, which is logged. */
  publish(will: StoredWill): Promise<void> {
    if (this.#due.length === 0) this.#endOfTick.add(this)
    return new Promise(done => this.#due.push({ will, done }))
  }

  flush(): void {
    const due = this.#due.splice(0, WILLS_PER_TICK)
    if (this.#due.length > 0) this.#endOfTick.add(this)
    for (const { will, done } of due) {
      this.#counters.willsPublished++
      const { safe, share } = this.#router.routeMessage(dueMessage(will, this.#clock.nowMs()))
      if (safe === undefined) done()
      else background(this.#log, 'will message', safetyOf(safe, share).finally(done))
    }
  }
}

/** The Message Expiry Interval of a will counts from its publication (v5 3.1.3.2.4). */
function dueMessage({ message, messageExpiryIntervalSeconds }: StoredWill, nowMs: number): Message {
  if (messageExpiryIntervalSeconds === undefined) return message
  const { topicName, payload, properties, qos, retain, publisher } = message
  const expiresAtMs = nowMs + messageExpiryIntervalSeconds * 1000
  return new Message({ topicName, payload, properties, qos, retain, expiresAtMs, publisher })
}
