import type { LatencyHistogram } from './latency-histogram.ts'
import type { Paced, Pacer } from './publisher.ts'

/** Keeps so many messages of each publisher under way: sent, but not at every subscriber or not acknowledged. */
export class ClosedLoop implements Pacer {
  readonly #window: number
  readonly #receivers: number
  stopped = false
  measuring = false

  /** `receivers`: how many subscribers get each message. */
  constructor(window: number, receivers: number) {
    this.#window = window
    this.#receivers = receivers
  }

  due(publisher: Paced): number {
    if (this.stopped) return 0
    const undelivered = publisher.sent - Math.floor(publisher.deliveries / this.#receivers)
    return this.#window - Math.max(undelivered, publisher.unacknowledged)
  }

  sendTime(_publisher: Paced, _sequence: number, now: number): number {
    return now
  }

  /** Gives up what is under way, so that a broker that lost it is loaded on. */
  writeOff(publisher: Paced): void {
    publisher.deliveries = Math.max(publisher.deliveries, publisher.sent * this.#receivers)
    publisher.acknowledged = publisher.sent
  }
}

/**
 * Sends at times fixed beforehand, whatever the broker does; latency counts from the intended time, so a stall is seen
 * in every message that should have gone meanwhile. The publishers take turns.
 */
export class OpenLoop implements Pacer {
  readonly #start: number
  /** Between two messages of all publishers. */
  readonly #interval: number
  readonly #publishers: number
  readonly #lag: LatencyHistogram
  /** Lateness counts only while messages are measured. */
  measuring = false
  /** Messages are due until then; set when the run ends. */
  #end = Number.POSITIVE_INFINITY

  constructor(startMicroseconds: number, ratePerSecond: number, publishers: number, lag: LatencyHistogram) {
    this.#start = startMicroseconds
    this.#interval = 1_000_000 / ratePerSecond
    this.#publishers = publishers
    this.#lag = lag
  }

  /** How many messages of all publishers should have gone by now. */
  dueInAll(now: number): number {
    return now < this.#start ? 0 : Math.floor((Math.min(now, this.#end) - this.#start) / this.#interval) + 1
  }

  /** When the message with this number, over all publishers, is due. */
  dueAt(message: number): number {
    return this.#start + message * this.#interval
  }

  due(publisher: Pick<Paced, 'index' | 'sent'>, now: number): number {
    const dueInAll = this.dueInAll(now)
    const due = Math.floor((dueInAll - publisher.index - 1) / this.#publishers) + 1
    return due - publisher.sent
  }

  sendTime(publisher: Pick<Paced, 'index'>, sequence: number, now: number): number {
    const intended = this.dueAt(sequence * this.#publishers + publisher.index)
    if (this.measuring) this.#lag.record(now - intended)
    return intended
  }

  stop(now: number): void {
    this.#end = now
  }
}
