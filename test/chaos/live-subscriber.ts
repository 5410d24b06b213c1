import type { Packet } from 'mqtt-packet'
import { ChaosConnection } from './chaos-connection.ts'
import type { ChaosPublisher } from './chaos-publisher.ts'
import { FlowReceiver } from './flow-receiver.ts'

/** What was acknowledged so shortly before a connection ended may have been on its way to it. */
const ON_ITS_WAY_MS = 2_000

interface Connected {
  /** Undefined until SUBACK. */
  subscribedAtMs: number | undefined
  /** From then on its worker is no part of the cluster any more. */
  endedAtMs: number
  readonly deliveries: Map<string, number>
}

/** Subscribes at QoS 2 with a session that ends with its connection, and writes down what each connection gets. */
export class LiveSubscriber {
  readonly name: string
  readonly #connection: ChaosConnection
  readonly #running: Promise<void>
  readonly #connections: Connected[] = []
  #now: Connected | undefined = undefined
  readonly #receiver: FlowReceiver

  constructor(name: string, nextPort: () => number) {
    this.name = name
    this.#connection = new ChaosConnection(
      { clientId: name, nextPort, persistent: false },
      {
        connected: () => this.#connected(),
        received: packet => this.#arrived(packet),
        lost: () => this.#lost(),
      },
    )
    this.#receiver = new FlowReceiver(this.#connection, payload => this.#deliver(payload))
    this.#running = this.#connection.run()
  }

  /** Whether it is connected, and has subscribed. */
  get served(): boolean {
    return this.#now?.subscribedAtMs !== undefined
  }

  /** Connections that it has had. */
  get connections(): number {
    return this.#connections.length
  }

  /** The broker at this port is no part of the cluster any more: what is published from now on need not arrive. */
  excuse(port: number): void {
    const now = this.#now
    if (now !== undefined && this.#connection.connectedTo === port)
      now.endedAtMs = Math.min(now.endedAtMs, performance.now())
  }

  /** Whether everything that was acknowledged has arrived on the connection that it has now. */
  has(publisher: ChaosPublisher): boolean {
    return this.missing(publisher).length === 0
  }

  /** What was acknowledged and has not arrived on the connection that it has now. */
  missing({ name, acknowledged }: ChaosPublisher): readonly string[] {
    const payloads = Array.from(acknowledged, number => `${name} ${number}`)
    return payloads.filter(payload => this.#now?.deliveries.has(payload) !== true)
  }

  /** What was published and acknowledged while a connection was subscribed, and did not arrive there. */
  lost(publishers: readonly ChaosPublisher[]): readonly string[] {
    return this.#connections.flatMap(connection => {
      const { subscribedAtMs = Infinity, endedAtMs, deliveries } = connection
      return publishers.flatMap(({ name, messages }) =>
        [...messages]
          .filter(
            ([number, { sentAtMs, acknowledgedAtMs = Infinity }]) =>
              sentAtMs > subscribedAtMs &&
              acknowledgedAtMs < endedAtMs - ON_ITS_WAY_MS &&
              !deliveries.has(`${name} ${number}`),
          )
          .map(([number]) => `${name} ${number} to ${this.name}`),
      )
    })
  }

  /** QoS 2 messages that arrived twice on one connection, though their publisher has sent them once. */
  doubled(publishers: readonly ChaosPublisher[]): readonly string[] {
    return publishers
      .filter(({ qos }) => qos === 2)
      .flatMap(({ name, messages }) =>
        [...messages]
          .filter(([, { sends }]) => sends === 1)
          .filter(([number]) =>
            this.#connections.some(({ deliveries }) => (deliveries.get(`${name} ${number}`) ?? 0) > 1),
          )
          .map(([number]) => `${name} ${number} to ${this.name}`),
      )
  }

  async stop(): Promise<void> {
    this.#connection.stop()
    await this.#running
  }

  #connected(): void {
    this.#now = { subscribedAtMs: undefined, endedAtMs: Infinity, deliveries: new Map() }
    this.#connections.push(this.#now)
    this.#receiver.forget()
    this.#connection.send({ cmd: 'subscribe', messageId: 65_535, subscriptions: [{ topic: 'chaos/#', qos: 2, rh: 2 }] })
  }

  #lost(): void {
    const now = this.#now
    if (now !== undefined) now.endedAtMs = Math.min(now.endedAtMs, performance.now())
    this.#now = undefined
  }

  #arrived(packet: Packet): void {
    if (packet.cmd === 'suback' && this.#now !== undefined) this.#now.subscribedAtMs = performance.now()
    this.#receiver.arrived(packet)
  }

  #deliver(payload: string): void {
    const deliveries = this.#now?.deliveries
    deliveries?.set(payload, (deliveries.get(payload) ?? 0) + 1)
  }
}
