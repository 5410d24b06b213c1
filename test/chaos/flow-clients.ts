import type { TestBrokers } from '../support/test-broker.ts'
import { publishPacket, type WireClient } from '../support/wire-client.ts'

const SESSION = { sessionExpiry: 1000, clean: false, acknowledging: false } as const

/** A publisher of one message, which does what the standard says after each loss of its connection. */
export class FlowPublisher {
  readonly #qos: 1 | 2
  #client: WireClient | undefined = undefined
  #accepted = false
  /** The broker has taken the message over. */
  acknowledged = false
  done = false

  constructor(qos: 1 | 2) {
    this.#qos = qos
  }

  async connect(brokers: TestBrokers, at: number): Promise<void> {
    const again = this.#client !== undefined
    this.#client = await brokers.connect('publisher', { ...SESSION, at })
    if (again && this.#accepted && !this.done) this.#client.send({ cmd: 'pubrel', messageId: 1 })
    else if (again && !this.done) this.#publish(true)
  }

  publish(): void {
    this.#publish(false)
  }

  /** Answers what has arrived; false: nothing has. */
  answer(): boolean {
    const packets = this.#client?.received.splice(0) ?? []
    for (const { cmd } of packets) {
      if (cmd === 'puback' || cmd === 'pubrec') this.acknowledged = true
      if (cmd === 'puback' || cmd === 'pubcomp') this.done = true
      if (cmd === 'pubrec') {
        this.#accepted = true
        this.#client?.send({ cmd: 'pubrel', messageId: 1 })
      }
    }
    return packets.length > 0
  }

  #publish(duplicate: boolean): void {
    this.#client?.send(publishPacket('t', 'message', { qos: this.#qos, messageId: 1, duplicate }))
  }
}

/** A subscriber, which does what the standard says after each loss of its connection. */
export class FlowSubscriber {
  readonly name: string
  /** How often the message was handed over to the application. */
  deliveries = 0
  readonly #received = new Set<number>()
  #client: WireClient | undefined = undefined

  constructor(name: string) {
    this.name = name
  }

  async connect(brokers: TestBrokers, at: number): Promise<void> {
    const again = this.#client !== undefined
    this.#client = await brokers.connect(this.name, { ...SESSION, at })
    if (!again) await this.#client.subscribe('t', { qos: 2 })
  }

  /** Answers what has arrived; false: nothing has. */
  answer(): boolean {
    const packets = this.#client?.received.splice(0) ?? []
    for (const packet of packets) {
      const { messageId = 0 } = packet
      if (packet.cmd === 'publish') {
        if (packet.qos === 1 || !this.#received.has(messageId)) this.deliveries++
        if (packet.qos === 2) this.#received.add(messageId)
        this.#client?.send({ cmd: packet.qos === 1 ? 'puback' : 'pubrec', messageId })
      }
      if (packet.cmd === 'pubrel') {
        this.#received.delete(messageId)
        this.#client?.send({ cmd: 'pubcomp', messageId })
      }
    }
    return packets.length > 0
  }
}
