import { ClientGroup } from './client-group.ts'
import { nowMicroseconds, sleep, sleepUntil } from './clock.ts'
import { openAll } from './connecting.ts'
import { Failures } from './failures.ts'
import { LatencyHistogram } from './latency-histogram.ts'
import { Meter } from './meter.ts'
import type { ClientListener, MqttClient } from './mqtt-client.ts'
import { encodePublish } from './packets.ts'
import type { LoaderResult, QueuePlan } from './plan.ts'
import type { Run } from './run.ts'
import { SeenSets } from './seen-sets.ts'
import { stampedSequence, stampMessage } from './stamp.ts'
import { Turn } from './turn.ts'

const CONNECTING_AT_ONCE = { window: 50 }
const PUBLISHING_AT_ONCE = 100
const FAILURE = 0x80
const SECONDS_MAX = 30
const POLL_MS = 1

/**
 * Makes persistent sessions that wait without a connection. `filling`: measures how long it takes until messages for all
 * of them are acknowledged. `draining`: fills their queues first and measures how long it takes to fetch all of it.
 */
export class QueueRun implements Run, ClientListener {
  readonly #plan: QueuePlan
  readonly #failures = new Failures()
  readonly #clients: ClientGroup
  readonly #seen: SeenSets
  readonly #latency = new LatencyHistogram()
  readonly #sentAt: Float64Array
  readonly #publish: ReturnType<typeof encodePublish>
  #publisher: MqttClient | undefined
  #acknowledged = 0
  #startedAt = 0
  #now = 0
  #over = false

  constructor(plan: QueuePlan) {
    this.#plan = plan
    this.#clients = new ClientGroup(plan, new Turn())
    this.#seen = new SeenSets(plan.sessions, plan.messages)
    this.#sentAt = new Float64Array(plan.messages)
    const { protocolVersion, payloadBytes, qos } = plan
    this.#publish = encodePublish({ protocolVersion, topicName: this.#topicName, qos, retain: false, payloadBytes })
  }

  async prepare(): Promise<void> {
    const { sessions, measured, qos } = this.#plan
    await openAll(sessions, CONNECTING_AT_ONCE, async number => {
      const client = await this.#clients.connect(number, this, { persistent: true })
      await client.subscribe([this.#topicName], qos)
      client.disconnect()
    })
    this.#publisher = await this.#clients.connect(sessions, this)
    if (measured === 'draining') await this.#fill()
  }

  async measure(startMicroseconds: number): Promise<LoaderResult> {
    const { measured, sessions, messages } = this.#plan
    await sleepUntil(startMicroseconds)
    const meter = new Meter(this.#plan.brokerPids)
    meter.start()
    this.#startedAt = nowMicroseconds()
    await (measured === 'filling' ? this.#fill() : this.#drain())
    const filling = measured === 'filling'
    return {
      ...meter.elapsed(),
      operations: filling ? this.#acknowledged * sessions : this.#seen.fresh,
      latency: this.#latency.sparse(),
      latencyMax: this.#latency.max,
      lost: filling ? (messages - this.#acknowledged) * sessions : this.#seen.lost,
      doubled: this.#seen.doubled,
      reordered: 0,
      failed: this.#failures.count,
      firstFailure: this.#failures.first,
      sendLagMicroseconds: undefined,
    }
  }

  finish(): void {}

  close(): void {
    this.#over = true
    this.#clients.close()
  }

  reading(): void {
    this.#now = nowMicroseconds()
  }

  delivered(client: MqttClient, bytes: Uint8Array, start: number): void {
    const message = stampedSequence(bytes, start)
    if (message >= this.#plan.messages) return this.#failures.add('a stray message')
    this.#seen.record(client.index, message)
    this.#latency.record(this.#now - this.#startedAt)
  }

  acknowledged(_client: MqttClient, reasonCode: number): void {
    if (reasonCode >= FAILURE) this.#failures.add(`acknowledged with reason code ${reasonCode}`)
    if (this.#plan.measured === 'filling') this.#latency.record(this.#now - (this.#sentAt[this.#acknowledged] ?? 0))
    this.#acknowledged += 1
  }

  lost(_client: MqttClient, why: string): void {
    if (!this.#over) this.#failures.add(`connection lost: ${why}`)
  }

  get #topicName(): string {
    return `${this.#plan.prefix}/queued`
  }

  /** Publishes every message and waits until all are acknowledged. */
  async #fill(): Promise<void> {
    const { messages } = this.#plan
    for (let message = 0; message < messages; message += 1) {
      await waitUntil(() => message - this.#acknowledged < PUBLISHING_AT_ONCE)
      this.#send(message)
    }
    await waitUntil(() => this.#acknowledged === messages)
    if (this.#acknowledged !== messages) throw new Error('the broker did not take the messages')
  }

  #send(message: number): void {
    const { bytes, packetIdOffset, payloadOffset } = this.#publish
    bytes.writeUInt16BE((message % 65_535) + 1, packetIdOffset)
    stampMessage(bytes, payloadOffset, message, 0)
    this.#sentAt[message] = nowMicroseconds()
    // What is sent is on its way for a while: the next message must not be stamped over it.
    this.#publisher?.send(Buffer.from(bytes))
  }

  /** Connects every session again and waits until it has everything. */
  async #drain(): Promise<void> {
    await openAll(this.#plan.sessions, CONNECTING_AT_ONCE, async number => {
      await this.#clients.connect(number, this, { persistent: true })
    })
    await waitUntil(() => this.#seen.lost === 0)
  }
}

async function waitUntil(holds: () => boolean): Promise<void> {
  const deadline = nowMicroseconds() + SECONDS_MAX * 1_000_000
  while (!holds() && nowMicroseconds() < deadline) await sleep(POLL_MS)
}
