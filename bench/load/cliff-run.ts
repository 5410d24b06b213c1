import { ClientGroup } from './client-group.ts'
import { nowMicroseconds, sleepUntil } from './clock.ts'
import { openAll } from './connecting.ts'
import { Failures } from './failures.ts'
import { LatencyHistogram } from './latency-histogram.ts'
import { Meter } from './meter.ts'
import type { ClientListener, MqttClient } from './mqtt-client.ts'
import type { CliffPlan, LoaderResult } from './plan.ts'
import type { Run } from './run.ts'
import { timedResult } from './timed-result.ts'
import { Turn } from './turn.ts'

const CONNECTING_AT_ONCE = { window: 100 }
const AUTHENTICATION_METHOD = 'OAUTH2-JWT'
/** DISCONNECT with Maximum connect time: the token has ended. */
const EXPIRED = /reason code 160$/
const LOSS_SECONDS_MAX = 60

interface CliffClient {
  readonly client: MqttClient
  /** Settles when the broker ends the connection. */
  readonly lost: Promise<string>
}

/**
 * Connects clients whose tokens end at one moment. Each either waits for the broker to end its connection and comes back at
 * once with another token, or shows that on its open connection, all of them at the begin.
 */
export class CliffRun implements Run {
  readonly #plan: CliffPlan
  readonly #before: ClientGroup
  readonly #after: ClientGroup
  readonly #clients: CliffClient[] = []
  readonly #latency = new LatencyHistogram()
  readonly #failures = new Failures()
  readonly #meter: Meter
  #metering = false

  constructor(plan: CliffPlan) {
    this.#plan = plan
    this.#before = new ClientGroup(plan, new Turn())
    this.#after = new ClientGroup({ ...plan, tokens: plan.nextTokens }, new Turn())
    this.#meter = new Meter(plan.brokerPids)
  }

  async prepare(): Promise<void> {
    await openAll(this.#plan.clients, CONNECTING_AT_ONCE, async number => {
      const lost = Promise.withResolvers<string>()
      try {
        const listener = listening(why => lost.resolve(why))
        const client = await this.#before.connect(number, listener, { authenticationMethod: AUTHENTICATION_METHOD })
        this.#clients.push({ client, lost: lost.promise })
      } catch (error) {
        this.#failures.add(String(error))
      }
    })
  }

  /** From the first renewal to the last; the time until then is only waited for. */
  async measure(startMicroseconds: number): Promise<LoaderResult> {
    await sleepUntil(startMicroseconds)
    const renew = this.#plan.renewal === 'reconnect' ? this.#reconnect : this.#reauthenticate
    await Promise.all(
      this.#clients.map(client =>
        renew.call(this, client).catch((error: unknown) => this.#failures.add(String(error))),
      ),
    )
    return this.#result()
  }

  finish(): void {}

  close(): void {
    this.#before.close()
    this.#after.close()
  }

  async #reauthenticate({ client }: CliffClient): Promise<void> {
    const start = this.#begin()
    await client.reauthenticate(this.#nextToken(client))
    this.#latency.record(nowMicroseconds() - start)
  }

  async #reconnect({ client, lost }: CliffClient): Promise<void> {
    const why = await inTime(lost)
    if (!EXPIRED.test(why)) this.#failures.add(`connection lost: ${why}`)
    const start = this.#begin()
    const listener = listening(reason => this.#failures.add(`connection lost: ${reason}`))
    await this.#after.connect(client.index, listener, { authenticationMethod: AUTHENTICATION_METHOD })
    this.#latency.record(nowMicroseconds() - start)
  }

  #begin(): number {
    if (!this.#metering) this.#meter.start()
    this.#metering = true
    return nowMicroseconds()
  }

  #nextToken({ index }: MqttClient): string {
    return this.#plan.nextTokens[index] ?? ''
  }

  #result(): LoaderResult {
    return timedResult(this.#meter.elapsed(), this.#latency, this.#failures)
  }
}

function listening(lost: (why: string) => void): ClientListener {
  return { reading() {}, delivered() {}, acknowledged() {}, lost: (_client, why) => lost(why) }
}

async function inTime(lost: Promise<string>): Promise<string> {
  const late = Promise.withResolvers<string>()
  const timer = setTimeout(() => late.resolve('not ended with its token'), LOSS_SECONDS_MAX * 1_000)
  try {
    return await Promise.race([lost, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
