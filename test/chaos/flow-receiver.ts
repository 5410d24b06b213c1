import type { Packet } from 'mqtt-packet'
import type { ChaosConnection } from './chaos-connection.ts'

/** Answers what arrives as the standard says a receiver does, and hands each message over once (v5 4.3). */
export class FlowReceiver {
  readonly #connection: ChaosConnection
  readonly #deliver: (payload: string) => void
  /** Packet Identifiers of QoS 2 messages that were received and not released (v5 4.3.3). */
  readonly #received = new Set<number>()

  constructor(connection: ChaosConnection, deliver: (payload: string) => void) {
    this.#connection = connection
    this.#deliver = deliver
  }

  /** The session has ended, and its Packet Identifiers with it. */
  forget(): void {
    this.#received.clear()
  }

  arrived(packet: Packet): void {
    const { messageId = 0 } = packet
    if (packet.cmd === 'publish' && packet.qos === 1) {
      this.#deliver(packet.payload.toString())
      this.#connection.send({ cmd: 'puback', messageId })
    }
    if (packet.cmd === 'publish' && packet.qos === 2) {
      if (!this.#received.has(messageId)) this.#deliver(packet.payload.toString())
      this.#received.add(messageId)
      this.#connection.send({ cmd: 'pubrec', messageId })
    }
    if (packet.cmd === 'pubrel') {
      this.#received.delete(messageId)
      this.#connection.send({ cmd: 'pubcomp', messageId })
    }
  }
}
