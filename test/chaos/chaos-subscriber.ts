import type { Packet } from 'mqtt-packet'
import { ChaosConnection } from './chaos-connection.ts'
import { FlowReceiver } from './flow-receiver.ts'

/** Subscribes once, at QoS 2, and writes down what it gets, as the standard says a receiver does. */
export class ChaosSubscriber {
  readonly name: string
  /** How often each message was handed over to the application, by payload. */
  readonly deliveries = new Map<string, number>()
  /** Messages that came before one that was published earlier. */
  readonly outOfOrder: string[] = []
  sessionsLost = 0
  subscribed = false
  readonly #connection: ChaosConnection
  readonly #running: Promise<void>
  readonly #receiver: FlowReceiver
  readonly #lastNumbers = new Map<string, number>()

  constructor(name: string, nextPort: () => number) {
    this.name = name
    this.#connection = new ChaosConnection(
      { clientId: name, nextPort, persistent: true },
      {
        connected: sessionPresent => this.#connected(sessionPresent),
        received: packet => this.#arrived(packet),
      },
    )
    this.#receiver = new FlowReceiver(this.#connection, payload => this.#deliver(payload))
    this.#running = this.#connection.run()
  }

  /** Whether it is connected. */
  get served(): boolean {
    return this.#connection.connectedTo !== undefined
  }

  /** Loses its connection; a new one is made at once. */
  cut(): void {
    this.#connection.cut()
  }

  async stop(): Promise<void> {
    this.#connection.stop()
    await this.#running
  }

  #connected(sessionPresent: boolean): void {
    if (this.subscribed && !sessionPresent) this.sessionsLost++
    if (this.subscribed) return
    this.#connection.send({ cmd: 'subscribe', messageId: 65_535, subscriptions: [{ topic: 'chaos/#', qos: 2 }] })
  }

  #arrived(packet: Packet): void {
    if (packet.cmd === 'suback') this.subscribed = true
    this.#receiver.arrived(packet)
  }

  #deliver(payload: string): void {
    const times = (this.deliveries.get(payload) ?? 0) + 1
    this.deliveries.set(payload, times)
    const [publisher = '', text] = payload.split(' ')
    const number = Number(text)
    if (times > 1) return
    if (number < (this.#lastNumbers.get(publisher) ?? 0)) this.outOfOrder.push(payload)
    else this.#lastNumbers.set(publisher, number)
  }
}
