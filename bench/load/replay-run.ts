import { ClientGroup } from './client-group.ts'
import { nowMicroseconds, sleep, sleepUntil } from './clock.ts'
import { openAll } from './connecting.ts'
import { Failures } from './failures.ts'
import { LatencyHistogram } from './latency-histogram.ts'
import { Meter } from './meter.ts'
import type { ClientListener, MqttClient } from './mqtt-client.ts'
import type { LoaderResult, ReplayPlan } from './plan.ts'
import { encodePublish } from './packets.ts'
import type { Run } from './run.ts'
import { SeenSets } from './seen-sets.ts'
import { stampedSequence, stampMessage } from './stamp.ts'
import { Turn } from './turn.ts'

const CONNECTING_AT_ONCE = { window: 50 }
const RETAINING_AT_ONCE = 100
const SECONDS_MAX = 30
const POLL_MS = 5

/** Retains messages first; then measures how long subscribers that come all at once take to receive all of them. */
export class ReplayRun implements Run, ClientListener {
  readonly #plan: ReplayPlan
  readonly #failures = new Failures()
  readonly #clients: ClientGroup
  readonly #seen: SeenSets
  readonly #latency = new LatencyHistogram()
  readonly #subscribers: MqttClient[] = []
  #acknowledged = 0
  #subscribedAt = 0
  #now = 0
  #over = false

  constructor(plan: ReplayPlan) {
    this.#plan = plan
    this.#clients = new ClientGroup(plan, new Turn())
    this.#seen = new SeenSets(plan.subscribers, plan.retained)
  }

  async prepare(): Promise<void> {
    const { subscribers } = this.#plan
    await this.#retainAll(await this.#clients.connect(subscribers, this))
    await openAll(subscribers, CONNECTING_AT_ONCE, async number => {
      this.#subscribers[number] = await this.#clients.connect(number, this)
    })
  }

  async measure(startMicroseconds: number): Promise<LoaderResult> {
    await sleepUntil(startMicroseconds)
    const meter = new Meter(this.#plan.brokerPids)
    meter.start()
    this.#subscribedAt = nowMicroseconds()
    const filter = `${this.#plan.prefix}/#`
    await Promise.all(this.#subscribers.map(client => client.subscribe([filter], this.#plan.qos)))
    await waitUntil(() => this.#seen.lost === 0)
    return {
      ...meter.elapsed(),
      operations: this.#seen.fresh,
      latency: this.#latency.sparse(),
      latencyMax: this.#latency.max,
      lost: this.#seen.lost,
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
    if (message >= this.#plan.retained) return this.#failures.add('a stray message')
    this.#seen.record(client.index, message)
    this.#latency.record(this.#now - this.#subscribedAt)
  }

  acknowledged(): void {
    this.#acknowledged += 1
  }

  lost(_client: MqttClient, why: string): void {
    if (!this.#over) this.#failures.add(`connection lost: ${why}`)
  }

  async #retainAll(client: MqttClient): Promise<void> {
    const { retained } = this.#plan
    for (let message = 0; message < retained; message += 1) {
      client.send(this.#retainedMessage(message))
      if (message - this.#acknowledged >= RETAINING_AT_ONCE)
        await waitUntil(() => message - this.#acknowledged < RETAINING_AT_ONCE)
    }
    await waitUntil(() => this.#acknowledged === retained)
    if (this.#acknowledged !== retained) throw new Error('the broker did not take the retained messages')
  }

  #retainedMessage(message: number): Buffer {
    const { protocolVersion, payloadBytes, prefix } = this.#plan
    const topicName = `${prefix}/${message % 100}/${message}`
    const publish = encodePublish({ protocolVersion, topicName, qos: 1, retain: true, payloadBytes })
    publish.bytes.writeUInt16BE((message % 65_535) + 1, publish.packetIdOffset)
    stampMessage(publish.bytes, publish.payloadOffset, message, 0)
    return publish.bytes
  }
}

async function waitUntil(holds: () => boolean): Promise<void> {
  const deadline = nowMicroseconds() + SECONDS_MAX * 1_000_000
  while (!holds() && nowMicroseconds() < deadline) await sleep(POLL_MS)
}
