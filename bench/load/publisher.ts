import { nowMicroseconds } from './clock.ts'
import type { MqttClient, PublishSource } from './mqtt-client.ts'
import type { PublishBlock } from './publish-block.ts'

/** How far a publisher has come. */
export interface Paced {
  readonly index: number
  readonly sent: number
  readonly unacknowledged: number
  /** Arrivals of its messages at subscribers, each counted once. */
  deliveries: number
  acknowledged: number
}

/** Says how many messages of a publisher may go, and which send time they bear. */
export interface Pacer {
  due(publisher: Paced, nowMicroseconds: number): number
  /** The time from which the latency of this message counts. */
  sendTime(publisher: Paced, sequence: number, nowMicroseconds: number): number
}

/** Packet identifiers go round after 65,535; fewer than half of them are ever in flight. */
const IN_FLIGHT_MAX = 32_000

/** One publisher: what it has sent, what has come of it, and the packets that are due. */
export class Publisher implements PublishSource, Paced {
  readonly index: number
  readonly client: MqttClient
  readonly qos: number
  sent = 0
  deliveries = 0
  acknowledged = 0
  readonly #block: PublishBlock
  readonly #pacer: Pacer

  constructor(index: number, client: MqttClient, qos: number, block: PublishBlock, pacer: Pacer) {
    this.index = index
    this.client = client
    this.qos = qos
    this.#block = block
    this.#pacer = pacer
  }

  get unacknowledged(): number {
    return this.qos === 0 ? 0 : this.sent - this.acknowledged
  }

  next(): Uint8Array | undefined {
    const now = nowMicroseconds()
    const due = Math.min(this.#pacer.due(this, now), this.#block.capacity, this.#roomInFlight())
    if (due <= 0) return undefined
    for (let place = 0; place < due; place += 1) {
      this.#block.stamp(place, this.sent, this.#pacer.sendTime(this, this.sent, now))
      this.sent += 1
    }
    return this.#block.slice(due)
  }

  #roomInFlight(): number {
    if (this.qos === 0) return Number.POSITIVE_INFINITY
    return Math.min(this.client.receiveMaximum, IN_FLIGHT_MAX) - this.unacknowledged
  }
}
