import { setTimeout as sleep } from 'node:timers/promises'
import { ConformanceClient } from '../support/conformance-client.ts'
import { connectBytes } from '../support/conformance-packets.ts'
import type { Target } from '../support/conformance-wire.ts'
import { openWire } from '../support/conformance-wire.ts'

const BEAT_MS = 20

/** An ordinary client that sends itself a message now and then, and notes how long each takes. */
export class Witness {
  readonly client: ConformanceClient
  readonly latenciesMs: number[] = []
  readonly #topicName: string
  readonly #stopped = new AbortController()
  #beating: Promise<void> = Promise.resolve()

  private constructor(client: ConformanceClient) {
    this.client = client
    this.#topicName = `witness/${client.clientId}`
  }

  static async start(target: Target, clientId: string): Promise<Witness> {
    const client = new ConformanceClient(5, clientId)
    client.attach(await openWire(target, client))
    client.send(connectBytes(5, { clientId, keepAliveSeconds: 30 }))
    await client.expect('connack')
    const witness = new Witness(client)
    await client.subscribe(witness.#topicName, 1)
    witness.#beating = witness.#beat()
    return witness
  }

  /** The value below which this share of the latencies lies. */
  latencyMs(share: number): number {
    const sorted = this.latenciesMs.toSorted((a, b) => a - b)
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  }

  /** Ends it; rejects when a message did not come back, or the connection was closed. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#beating
    this.client.lose()
  }

  async #beat(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const startMs = performance.now()
      const payload = `${this.latenciesMs.length}`
      await this.client.publish(this.#topicName, payload, { qos: 1 })
      await this.client.expect('publish', message => message.payload.toString() === payload)
      this.latenciesMs.push(performance.now() - startMs)
      this.client.arrivals.length = 0
      await sleep(BEAT_MS)
    }
  }
}
