import { nowMicroseconds } from './clock.ts'
import type { Failures } from './failures.ts'
import { Flows } from './flows.ts'
import { LatencyHistogram } from './latency-histogram.ts'
import type { ClientListener, MqttClient } from './mqtt-client.ts'
import type { LoadPlan } from './plan.ts'
import type { Publisher } from './publisher.ts'
import { stampedPublisher, stampedSequence, stampedTime } from './stamp.ts'
import type { Turn } from './turn.ts'

const FAILURE = 0x80

/** Takes what arrives: counts it, follows its flow, measures its latency, and lets its publisher go on. */
export class Deliveries implements ClientListener {
  /** Filled before the first message is sent. */
  publishers: readonly Publisher[] = []
  measuring = false
  /** Arrivals while measuring, and in all; a doubled one is not counted. */
  measured = 0
  arrivals = 0
  readonly latency = new LatencyHistogram()
  readonly flows: Flows
  readonly #plan: LoadPlan
  readonly #turn: Turn
  readonly #failures: Failures
  #now = 0
  #over = false

  constructor(plan: LoadPlan, turn: Turn, failures: Failures) {
    this.#plan = plan
    this.#turn = turn
    this.#failures = failures
    this.flows = new Flows(flowCount(plan))
  }

  reading(): void {
    this.#now = nowMicroseconds()
  }

  delivered(client: MqttClient, bytes: Uint8Array, start: number, end: number): void {
    const publisher = this.publishers[stampedPublisher(bytes, start)]
    if (publisher === undefined || end - start !== this.#plan.payloadBytes) return this.#failures.add('a stray message')
    const fresh = this.flows.record(this.#flowOf(client.index, publisher.index), stampedSequence(bytes, start))
    if (!fresh) return
    this.arrivals += 1
    publisher.deliveries += 1
    if (this.measuring) {
      this.measured += 1
      this.latency.record(this.#now - stampedTime(bytes, start))
    }
    this.#turn.add(publisher.client)
  }

  acknowledged(client: MqttClient, reasonCode: number): void {
    if (reasonCode >= FAILURE) this.#failures.add(`acknowledged with reason code ${reasonCode}`)
    const publisher = this.publishers[client.index]
    if (publisher === undefined) return
    publisher.acknowledged += 1
    this.#turn.add(client)
  }

  lost(_client: MqttClient, why: string): void {
    if (!this.#over) this.#failures.add(`connection lost: ${why}`)
  }

  /** Connections may end now. */
  end(): void {
    this.#over = true
  }

  /** True when everything sent has arrived and is acknowledged. */
  get complete(): boolean {
    return this.lostMessages === 0 && this.publishers.every(publisher => publisher.unacknowledged <= 0)
  }

  /** Messages that have been sent and not arrived, at each of their subscribers. */
  get lostMessages(): number {
    const receivers = receiversOf(this.#plan)
    const expected = this.publishers.reduce((sum, publisher) => sum + publisher.sent * receivers, 0)
    return expected - this.arrivals
  }

  // A shared subscription counts as one subscriber, whoever of the group gets the message.
  #flowOf(subscriber: number, publisher: number): number {
    if (this.#plan.layout === 'pairs') return subscriber
    return this.#plan.shared ? publisher : subscriber * this.#plan.publishers + publisher
  }
}

/** How many subscribers get each message. */
export function receiversOf({ layout, shared, subscribers }: LoadPlan): number {
  return layout === 'pairs' || shared ? 1 : subscribers
}

function flowCount(plan: LoadPlan): number {
  if (plan.layout === 'pairs') return plan.subscribers
  return plan.shared ? plan.publishers : plan.subscribers * plan.publishers
}
