import type { Packet } from 'mqtt-packet'
import { ChaosConnection } from './chaos-connection.ts'

/** Messages on their way at the same time: the broker's Receive Maximum. */
const OUTSTANDING_MAX = 10
const PACKET_IDS_MAX = 65_535
const PACE_MS = 20

/** What a publisher does. */
export interface ChaosPublisherOptions {
  readonly name: string
  readonly qos: 1 | 2
  readonly retain?: boolean
  readonly nextPort: () => number
  /** Bounds how fast it is; as fast as it is acknowledged when left out. */
  readonly perSecond?: number
  /** After so many nothing more is published. */
  readonly messagesMax?: number
}

/** When a message was on its way. */
export interface PublishedMessage {
  readonly sentAtMs: number
  /** Undefined: the broker has not taken it over yet. */
  acknowledgedAtMs: number | undefined
  /** How often it was sent. */
  sends: number
}

interface Outstanding {
  readonly number: number
  /** QoS 2: PUBREC was seen. */
  accepted: boolean
}

/**
 * Publishes numbered messages as fast as they are acknowledged and keeps the books: a message counts once the broker has
 * taken it over (PUBACK, PUBREC), and is sent again, with its Packet Identifier, until then.
 */
export class ChaosPublisher {
  readonly name: string
  readonly qos: 1 | 2
  /** Numbers of the messages that the broker has taken over. */
  readonly acknowledged = new Set<number>()
  /** Every message by its number. */
  readonly messages = new Map<number, PublishedMessage>()
  /** Times that the broker did not know the session any more. */
  sessionsLost = 0
  /** When the broker took over a message for the last time. */
  lastAcknowledgedAtMs = 0
  readonly #connection: ChaosConnection
  readonly #running: Promise<void>
  readonly #topic: string
  readonly #retain: boolean
  /** By Packet Identifier, in the order they were sent first. */
  readonly #outstanding = new Map<number, Outstanding>()
  readonly #perSecond: number
  readonly #messagesMax: number
  readonly #startedAtMs: number
  readonly #pacer: NodeJS.Timeout | undefined
  #lastNumber = 0
  #finishing = false
  #connectedBefore = false

  constructor({
    name,
    qos,
    retain = false,
    nextPort,
    perSecond = Infinity,
    messagesMax = Infinity,
  }: ChaosPublisherOptions) {
    this.name = name
    this.qos = qos
    this.#retain = retain
    this.#topic = `chaos/${name}`
    this.#perSecond = perSecond
    this.#messagesMax = messagesMax
    this.#startedAtMs = performance.now()
    if (perSecond !== Infinity) this.#pacer = setInterval(() => this.#publishMore(), PACE_MS)
    this.#connection = new ChaosConnection(
      { clientId: name, nextPort, persistent: true },
      {
        connected: sessionPresent => this.#connected(sessionPresent),
        received: packet => this.#received(packet),
      },
    )
    this.#running = this.#connection.run()
  }

  /** Starts nothing new; true once everything was acknowledged. */
  finish(): boolean {
    this.#finishing = true
    return this.#outstanding.size === 0
  }

  /** Connections that it has had. */
  get connections(): number {
    return this.#connection.connects
  }

  /** Whether it is connected. */
  get served(): boolean {
    return this.#connection.connectedTo !== undefined
  }

  async stop(): Promise<void> {
    clearInterval(this.#pacer)
    this.#connection.stop()
    await this.#running
  }

  #connected(sessionPresent: boolean): void {
    if (this.#connectedBefore && !sessionPresent) this.sessionsLost++
    this.#connectedBefore = true
    for (const [messageId, { number, accepted }] of this.#outstanding) {
      if (accepted) this.#connection.send({ cmd: 'pubrel', messageId })
      else this.#send(messageId, number, true)
    }
    this.#publishMore()
  }

  #received(packet: Packet): void {
    const { messageId = 0 } = packet
    const outstanding = this.#outstanding.get(messageId)
    if (outstanding === undefined) {
      // It may answer a PUBREL that was sent twice.
      if (packet.cmd === 'pubrec') this.#connection.send({ cmd: 'pubrel', messageId })
      return
    }
    if (packet.cmd === 'puback' || packet.cmd === 'pubrec') {
      if ((packet.reasonCode ?? 0) >= 0x80) throw new Error(`${this.name}: refused with ${packet.reasonCode}`)
      this.acknowledged.add(outstanding.number)
      this.lastAcknowledgedAtMs = performance.now()
      const published = this.messages.get(outstanding.number)
      if (published !== undefined) published.acknowledgedAtMs ??= this.lastAcknowledgedAtMs
    }
    if (packet.cmd === 'pubrec') {
      outstanding.accepted = true
      this.#connection.send({ cmd: 'pubrel', messageId })
    }
    if (packet.cmd === 'puback' || packet.cmd === 'pubcomp') {
      this.#outstanding.delete(messageId)
      this.#publishMore()
    }
  }

  #publishMore(): void {
    const most = Math.min((this.#perSecond * (performance.now() - this.#startedAtMs)) / 1000, this.#messagesMax)
    // Where there is no connection the numbers would wait for one.
    const open = this.#perSecond === Infinity || this.#connection.connectedTo !== undefined
    while (open && !this.#finishing && this.#outstanding.size < OUTSTANDING_MAX && this.#lastNumber < most) {
      this.#lastNumber++
      this.messages.set(this.#lastNumber, { sentAtMs: performance.now(), acknowledgedAtMs: undefined, sends: 0 })
      const messageId = ((this.#lastNumber - 1) % PACKET_IDS_MAX) + 1
      this.#outstanding.set(messageId, { number: this.#lastNumber, accepted: false })
      this.#send(messageId, this.#lastNumber, false)
    }
  }

  #send(messageId: number, number: number, dup: boolean): void {
    const { qos } = this
    const published = this.messages.get(number)
    if (published !== undefined) published.sends++
    const payload = `${this.name} ${number}`
    this.#connection.send({ cmd: 'publish', topic: this.#topic, payload, qos, retain: this.#retain, dup, messageId })
  }
}
