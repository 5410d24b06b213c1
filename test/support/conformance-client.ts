import { EventEmitter, once } from 'node:events'
import { parser } from 'mqtt-packet'
import type { Packet } from 'mqtt-packet'
import type { Filter, PublishFields, SuiteVersion } from './conformance-packets.ts'
import {
  acknowledgementBytes,
  disconnectBytes,
  PINGREQ,
  publishBytes,
  subscribeBytes,
  unsubscribeBytes,
} from './conformance-packets.ts'
import { FrameSplitter } from './conformance-frames.ts'
import type { Wire } from './conformance-wire.ts'

const DEADLINE_MS = 6_000

/** A packet of the kind that `cmd` names. */
export type PacketOf<Cmd extends Packet['cmd']> = Extract<Packet, { readonly cmd: Cmd }>

/** A packet of the broker as mqtt-packet reads it, with its bytes. */
export interface Arrival {
  readonly packet: Packet
  readonly bytes: Buffer
}

/**
 * A client that sends bytes of its own making to any broker and lets mqtt-packet read the answers, one frame at a time.
 * Acknowledges by itself unless a test wants to; every wait has a deadline and says what came instead.
 */
export class ConformanceClient {
  readonly version: SuiteVersion
  readonly clientId: string
  /** Everything that has arrived, in order, taken or not. */
  readonly arrivals: Arrival[] = []
  acknowledging = true
  isClosed = false
  readonly #untaken: Arrival[] = []
  readonly #frames = new FrameSplitter()
  readonly #changes = new EventEmitter()
  readonly #openedMs = performance.now()
  #wire: Wire | undefined = undefined
  #unreadable: unknown = undefined
  #lastPacketId = 0

  constructor(version: SuiteVersion, clientId: string) {
    this.version = version
    this.clientId = clientId
    this.#changes.setMaxListeners(0)
  }

  /** Gives the client its connection; before that nothing can be sent. */
  attach(wire: Wire): this {
    this.#wire = wire
    return this
  }

  get wire(): Wire {
    if (this.#wire === undefined) throw new Error('the client is not connected')
    return this.#wire
  }

  get openForMs(): number {
    return performance.now() - this.#openedMs
  }

  send(...packets: readonly Buffer[]): void {
    this.wire.send(Buffer.concat(packets))
  }

  /** Takes the oldest packet of this kind for which `matches` holds, waiting for it. */
  expect<Cmd extends Packet['cmd']>(
    cmd: Cmd,
    matches: (packet: PacketOf<Cmd>) => boolean = () => true,
  ): Promise<PacketOf<Cmd>> {
    return this.#until(cmd, () => this.#take(cmd, matches))
  }

  /** Resolves when the broker has closed the connection. */
  async expectClosed(deadlineMs: number = DEADLINE_MS): Promise<void> {
    await this.#until('the connection to be closed', () => this.isClosed || undefined, deadlineMs, true)
  }

  /** A PINGREQ and its PINGRESP: whatever the broker had to say to this client by then has arrived. */
  async ping(): Promise<void> {
    this.send(PINGREQ)
    await this.expect('pingresp')
  }

  /** Subscribes and resolves with the Reason Codes of SUBACK. */
  async subscribe(
    filters: string | Buffer | readonly Filter[],
    options = 0,
    properties: readonly Buffer[] = [],
  ): Promise<readonly number[]> {
    const packetId = this.nextPacketId()
    const list: readonly Filter[] =
      typeof filters === 'string' || Buffer.isBuffer(filters) ? [[filters, options]] : filters
    this.send(subscribeBytes(this.version, packetId, list, properties))
    const { granted } = await this.expect('suback', suback => suback.messageId === packetId)
    return granted.map(Number)
  }

  /** Unsubscribes and resolves with the Reason Codes of UNSUBACK; MQTT 3 has none. */
  async unsubscribe(...topicFilters: readonly string[]): Promise<readonly number[]> {
    const packetId = this.nextPacketId()
    this.send(unsubscribeBytes(this.version, packetId, topicFilters))
    const { granted } = await this.expect('unsuback', unsuback => unsuback.messageId === packetId)
    return granted ?? []
  }

  /** Publishes and goes through the acknowledgements of its QoS; resolves with the first one's Reason Code. */
  async publish(
    topicName: string | Buffer,
    payload: string | Buffer = '',
    fields: PublishFields = {},
  ): Promise<number> {
    const { qos = 0 } = fields
    const packetId = fields.packetId ?? (qos === 0 ? undefined : this.nextPacketId())
    const numbered = packetId === undefined ? fields : { ...fields, packetId }
    this.send(publishBytes(this.version, topicName, payload, numbered))
    if (qos === 0) return 0
    const answer = await this.expect(qos === 1 ? 'puback' : 'pubrec', ({ messageId }) => messageId === packetId)
    if (qos === 2 && (answer.reasonCode ?? 0) < 0x80) {
      await this.expect('pubcomp', ({ messageId }) => messageId === packetId)
    }
    return answer.reasonCode ?? 0
  }

  /** Sends one acknowledgement. */
  acknowledge(kind: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp', packetId: number | undefined, reasonCode = 0): void {
    this.send(acknowledgementBytes(this.version, kind, packetId ?? 0, reasonCode))
  }

  /** Says goodbye and waits until the broker has closed. */
  async disconnect(reasonCode?: number, properties: readonly Buffer[] = []): Promise<void> {
    this.send(disconnectBytes(this.version, reasonCode, properties))
    await this.expectClosed()
  }

  /** Breaks the connection. */
  lose(): void {
    this.wire.destroy()
  }

  /** Packets of this kind that no test has taken; they stay. */
  untaken<Cmd extends Packet['cmd']>(cmd: Cmd): readonly PacketOf<Cmd>[] {
    return this.#untaken.flatMap(({ packet }) => (isOf(packet, cmd) ? [packet] : []))
  }

  /** Takes all packets of this kind that no test has taken. */
  forget(cmd: Packet['cmd']): void {
    const others = this.#untaken.filter(({ packet }) => packet.cmd !== cmd)
    this.#untaken.splice(0, this.#untaken.length, ...others)
  }

  /** Bytes of each packet of this kind, taken or not. */
  bytesOf(cmd: Packet['cmd']): readonly Buffer[] {
    return this.arrivals.filter(({ packet }) => packet.cmd === cmd).map(({ bytes }) => bytes)
  }

  nextPacketId(): number {
    this.#lastPacketId = (this.#lastPacketId % 65_535) + 1
    return this.#lastPacketId
  }

  /** The wire brings bytes. */
  arrived(bytes: Buffer): void {
    for (const frame of this.#frames.push(bytes)) this.#read(frame)
    this.#changes.emit('change')
  }

  /** The wire is gone. */
  closed(): void {
    this.isClosed = true
    this.#changes.emit('change')
  }

  #read(frame: Buffer): void {
    const oracle = parser({ protocolVersion: this.version })
    oracle.on('packet', packet => this.#receive({ packet, bytes: frame }))
    oracle.on('error', (error: unknown) => {
      this.#unreadable ??= error
    })
    oracle.parse(frame)
  }

  #receive(arrival: Arrival): void {
    this.arrivals.push(arrival)
    this.#untaken.push(arrival)
    const { packet } = arrival
    if (!this.acknowledging || this.isClosed || packet.messageId === undefined) return
    const failed = 'reasonCode' in packet && (packet.reasonCode ?? 0) >= 0x80
    if (packet.cmd === 'publish' && packet.qos > 0) {
      this.acknowledge(packet.qos === 1 ? 'puback' : 'pubrec', packet.messageId)
    } else if (packet.cmd === 'pubrec' && !failed) this.acknowledge('pubrel', packet.messageId)
    else if (packet.cmd === 'pubrel') this.acknowledge('pubcomp', packet.messageId)
  }

  #take<Cmd extends Packet['cmd']>(cmd: Cmd, matches: (packet: PacketOf<Cmd>) => boolean): PacketOf<Cmd> | undefined {
    for (const [index, { packet }] of this.#untaken.entries()) {
      if (!isOf(packet, cmd) || !matches(packet)) continue
      this.#untaken.splice(index, 1)
      return packet
    }
    return undefined
  }

  async #until<T>(what: string, look: () => T | undefined, deadlineMs = DEADLINE_MS, untilClosed = false): Promise<T> {
    const signal = AbortSignal.timeout(deadlineMs)
    for (;;) {
      const seen = look()
      if (seen !== undefined) return seen
      if (this.#unreadable !== undefined)
        throw new Error('the broker sends what cannot be read', { cause: this.#unreadable })
      if (this.isClosed && !untilClosed) throw new Error(`closed instead of ${what}; ${this.#summary()}`)
      try {
        await once(this.#changes, 'change', { signal })
      } catch {
        throw new Error(`waited ${deadlineMs} ms in vain for ${what}; ${this.#summary()}`)
      }
    }
  }

  #summary(): string {
    const seen = this.arrivals.map(({ packet }) => {
      const reason = 'reasonCode' in packet && packet.reasonCode ? ` 0x${packet.reasonCode.toString(16)}` : ''
      return `${packet.cmd}${reason}`
    })
    return `received ${seen.join(', ') || 'nothing'}`
  }
}

function isOf<Cmd extends Packet['cmd']>(packet: Packet, cmd: Cmd): packet is PacketOf<Cmd> {
  return packet.cmd === cmd
}
