import type { ClientGroup } from './client-group.ts'
import { nowMicroseconds } from './clock.ts'
import { openAll } from './connecting.ts'
import { Failures } from './failures.ts'
import { LatencyHistogram } from './latency-histogram.ts'
import type { Elapsed } from './meter.ts'
import type { ClientListener, MqttClient } from './mqtt-client.ts'
import type { LoaderResult, Pace } from './plan.ts'
import { timedResult } from './timed-result.ts'

const REFUSED = /CONNACK|closed by the broker/

/**
 * Connects many clients, measures how long each waits for its CONNACK, and notes each that is refused or lost; of those
 * that are to stay out each that is let in.
 */
export class MassConnect {
  readonly #latency = new LatencyHistogram()
  readonly #failures = new Failures()
  readonly #clients: ClientGroup
  readonly #staysOut: (number: number) => boolean
  readonly #persistent: boolean
  #over = false

  constructor(clients: ClientGroup, staysOut: (number: number) => boolean = () => false, persistent = false) {
    this.#persistent = persistent
    this.#clients = clients
    this.#staysOut = staysOut
  }

  async run(count: number, pace: Pace, whenConnected?: (client: MqttClient) => Promise<void>): Promise<void> {
    this.#over = false
    const listener = this.#listener()
    await openAll(count, pace, async (number, start) => {
      try {
        const client = await this.#clients.connect(number, listener, { persistent: this.#persistent })
        if (this.#staysOut(number)) return this.#failures.add('a client with a bad token was let in')
        this.#latency.record(nowMicroseconds() - start)
        await whenConnected?.(client)
      } catch (error) {
        if (!this.#staysOut(number) || !REFUSED.test(String(error))) this.#failures.add(String(error))
      }
    })
  }

  /** Closes them all. */
  close(): void {
    this.#over = true
    this.#clients.close()
  }

  result(elapsed: Elapsed): LoaderResult {
    return timedResult(elapsed, this.#latency, this.#failures)
  }

  #listener(): ClientListener {
    const lost = (_client: MqttClient, why: string): void => {
      if (!this.#over) this.#failures.add(`connection lost: ${why}`)
    }
    return { reading() {}, delivered() {}, acknowledged() {}, lost }
  }
}
