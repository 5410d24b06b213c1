import { ClientGroup } from './client-group.ts'
import { nowMicroseconds, sleep, sleepUntil } from './clock.ts'
import { Deliveries, receiversOf } from './deliveries.ts'
import { Failures } from './failures.ts'
import { LatencyHistogram } from './latency-histogram.ts'
import { openLoadClients } from './load-clients.ts'
import type { Elapsed } from './meter.ts'
import { Meter } from './meter.ts'
import type { MqttClient } from './mqtt-client.ts'
import { ClosedLoop, OpenLoop } from './pacers.ts'
import type { LoadPlan, LoaderResult } from './plan.ts'
import { PublishBlock } from './publish-block.ts'
import type { Pacer } from './publisher.ts'
import { Publisher } from './publisher.ts'
import { RedisCommands } from './redis-commands.ts'
import type { Run } from './run.ts'
import { topicNameOf } from './topics.ts'
import { Turn } from './turn.ts'

const OPEN_LOOP_PACKETS_MAX = 64
const POLL_MS = 20
const STALL_CHECKS = 4
const STALL_CHECK_MS = 250
/** Nearer than this an open loop does not sleep: timers are too coarse. */
const SPIN_MICROSECONDS = 3_000
const LAG_PERCENTILE = 99

/** Publishes at a pace and follows each message to its subscribers. */
export class LoadRun implements Run {
  readonly #plan: LoadPlan
  readonly #turn = new Turn()
  readonly #failures = new Failures()
  readonly #clients: ClientGroup
  readonly #deliveries: Deliveries
  readonly #finished = Promise.withResolvers<void>()
  readonly #lag = new LatencyHistogram()
  #publishing: readonly MqttClient[] = []

  constructor(plan: LoadPlan) {
    this.#plan = plan
    this.#clients = new ClientGroup(plan, this.#turn)
    this.#deliveries = new Deliveries(plan, this.#turn, this.#failures)
  }

  async prepare(): Promise<void> {
    this.#publishing = await openLoadClients(this.#plan, this.#clients, this.#deliveries)
  }

  async measure(startMicroseconds: number): Promise<LoaderResult> {
    const { pace, publishers, brokerPids } = this.#plan
    const loop =
      'window' in pace
        ? new ClosedLoop(pace.window, receiversOf(this.#plan))
        : new OpenLoop(startMicroseconds, pace.ratePerSecond, publishers, this.#lag)
    this.#assign(loop, 'window' in pace ? pace.window : OPEN_LOOP_PACKETS_MAX)
    await sleepUntil(startMicroseconds)
    const stop = loop instanceof ClosedLoop ? this.#startClosedLoop(loop) : this.#startOpenLoop(loop)
    await sleepUntil(startMicroseconds + this.#plan.warmUpSeconds * 1_000_000)
    const commands = new RedisCommands(this.#plan.redisPort)
    await commands.start()
    const meter = new Meter(brokerPids)
    meter.start()
    this.#deliveries.measuring = true
    loop.measuring = true
    await this.#measured()
    this.#deliveries.measuring = false
    loop.measuring = false
    const elapsed = meter.elapsed()
    const redisCommands = await commands.count()
    stop()
    await this.#drained()
    return this.#result({ ...elapsed, redisCommands })
  }

  finish(): void {
    this.#finished.resolve()
  }

  close(): void {
    this.#deliveries.end()
    this.#clients.close()
  }

  async #measured(): Promise<void> {
    const seconds = this.#plan.measuredSeconds
    await (seconds === undefined ? this.#finished.promise : sleep(seconds * 1_000))
  }

  #startClosedLoop(loop: ClosedLoop): () => void {
    for (const client of this.#publishing) this.#turn.add(client)
    const timer = this.#watchForStalls(loop)
    return () => {
      loop.stopped = true
      clearInterval(timer)
    }
  }

  // A closed loop whose messages were lost would wait for ever.
  #watchForStalls(loop: ClosedLoop): NodeJS.Timeout {
    let arrivals = -1
    let checks = 0
    return setInterval(() => {
      checks = arrivals === this.#deliveries.arrivals ? checks + 1 : 0
      arrivals = this.#deliveries.arrivals
      if (checks < STALL_CHECKS) return
      checks = 0
      for (const publisher of this.#deliveries.publishers) {
        loop.writeOff(publisher)
        this.#turn.add(publisher.client)
      }
    }, STALL_CHECK_MS)
  }

  #startOpenLoop(loop: OpenLoop): () => void {
    let visited = 0
    let stopped = false
    const step = (): void => {
      const now = nowMicroseconds()
      const due = loop.dueInAll(now)
      const count = this.#publishing.length
      for (let message = Math.max(visited, due - count); message < due; message += 1) {
        const client = this.#publishing[message % count]
        if (client !== undefined) this.#turn.add(client)
      }
      visited = due
      if (stopped) return
      if (this.#plan.exactTimes && loop.dueAt(due) - now < SPIN_MICROSECONDS) setImmediate(step)
      else setTimeout(step, 1)
    }
    step()
    return () => {
      stopped = true
      loop.stop(nowMicroseconds())
    }
  }

  #assign(pacer: Pacer, packetsMax: number): void {
    const { qos } = this.#plan
    this.#deliveries.publishers = this.#publishing.map((client, index) => {
      const topicName = topicNameOf(this.#plan, index)
      const fields = { ...this.#plan, retain: false, publisher: index, packetsMax, topicName }
      const block = new PublishBlock(fields, packet => client.framed(packet))
      const publisher = new Publisher(index, client, qos, block, pacer)
      client.source = publisher
      return publisher
    })
  }

  async #drained(): Promise<void> {
    const deadline = nowMicroseconds() + this.#plan.drainSecondsMax * 1_000_000
    while (!this.#deliveries.complete && nowMicroseconds() < deadline) await sleep(POLL_MS)
  }

  #result(elapsed: Elapsed): LoaderResult {
    const { flows, latency, measured, lostMessages } = this.#deliveries
    return {
      ...elapsed,
      operations: measured,
      latency: latency.sparse(),
      latencyMax: latency.max,
      lost: lostMessages,
      doubled: flows.doubled,
      // The members of a shared subscription are served side by side: there is no order to keep between them.
      reordered: this.#plan.shared ? 0 : flows.reordered,
      failed: this.#failures.count,
      firstFailure: this.#failures.first,
      sendLagMicroseconds: 'ratePerSecond' in this.#plan.pace ? this.#lag.percentile(LAG_PERCENTILE) : undefined,
    }
  }
}
