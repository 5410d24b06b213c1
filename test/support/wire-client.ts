import assert from 'node:assert/strict'
import { generate, type IConnectPacket, type IPublishPacket, type Packet, type Parser, parser } from 'mqtt-packet'
import type { Broker } from '../../src/broker/broker.ts'
import type { EndOfTick } from '../../src/core/end-of-tick.ts'
import { type FarEnd, TestConnection } from './test-connection.ts'

/** The version a test speaks when it says nothing else. */
export type WireVersion = 3 | 4 | 5

/** A packet of the kind that `cmd` names. */
export type PacketOf<Cmd extends Packet['cmd']> = Extract<Packet, { readonly cmd: Cmd }>

/** What a SUBSCRIBE asks for, with the standard's defaults left out. */
export interface SubscribeOptions {
  readonly qos?: 0 | 1 | 2
  readonly noLocal?: boolean
  readonly retainAsPublished?: boolean
  readonly retainHandling?: 0 | 1 | 2
  readonly subscriptionIdentifier?: number
}

/** What a PUBLISH says beside its topic and payload. */
export interface PublishOptions {
  readonly qos?: 0 | 1 | 2
  readonly retain?: boolean
  readonly duplicate?: boolean
  readonly messageId?: number
  readonly properties?: NonNullable<IPublishPacket['properties']>
}

/** A client that speaks MQTT byte for byte to one broker. It acknowledges by itself, unless a test wants to do that. */
export class WireClient implements FarEnd {
  readonly version: WireVersion
  readonly connection: TestConnection
  /** What the broker has sent and no test has taken yet. */
  readonly received: Packet[] = []
  acknowledging = true
  /** The broker has closed the connection. */
  closedByBroker = false
  readonly #parser: Parser
  readonly #settle: () => Promise<void>
  #lastPacketId = 0

  constructor(broker: Broker, endOfTick: EndOfTick, version: WireVersion, settle: () => Promise<void>) {
    this.version = version
    this.#settle = settle
    this.#parser = parser({ protocolVersion: version })
    this.#parser.on('packet', packet => this.#receive(packet))
    this.#parser.on('error', error => {
      throw error
    })
    this.connection = new TestConnection(endOfTick, this)
    this.connection.introduce(broker.accept(this.connection))
  }

  get open(): boolean {
    return this.connection.open
  }

  /** Sends the packets with one write. */
  send(...packets: readonly Packet[]): void {
    this.sendBytes(Buffer.concat(packets.map(packet => generate(packet, { protocolVersion: this.version }))))
  }

  sendBytes(bytes: Buffer): void {
    this.connection.receive(bytes)
  }

  /** Sends CONNECT; whatever the answer is, it has arrived when this resolves. */
  async connect(clientId: string, fields: Partial<IConnectPacket> = {}): Promise<void> {
    this.send(connectPacket(clientId, this.version, fields))
    await this.#settle()
  }

  /** Sends SUBSCRIBE and resolves with the Reason Codes of SUBACK. */
  async subscribe(
    topicFilters: string | readonly string[],
    options: SubscribeOptions = {},
  ): Promise<readonly number[]> {
    this.send(subscribePacket(this.nextPacketId(), topicFilters, options))
    await this.#settle()
    return this.expect('suback').granted.map(Number)
  }

  /** Sends UNSUBSCRIBE and resolves with the Reason Codes of UNSUBACK; MQTT 3 has none. */
  async unsubscribe(...topicFilters: readonly string[]): Promise<readonly number[]> {
    this.send({ cmd: 'unsubscribe', messageId: this.nextPacketId(), unsubscriptions: [...topicFilters] })
    await this.#settle()
    return this.expect('unsuback').granted ?? []
  }

  /** Sends PUBLISH, and what follows it at its QoS, unless this client does not acknowledge by itself. */
  async publish(topic: string, payload: string, options: PublishOptions = {}): Promise<void> {
    this.sendPublish(topic, payload, options)
    await this.#settle()
  }

  /** Sends PUBLISH and does not wait. Returns its Packet Identifier. */
  sendPublish(topic: string, payload: string, options: PublishOptions = {}): number {
    const messageId = options.messageId ?? (options.qos === undefined || options.qos === 0 ? 0 : this.nextPacketId())
    this.send(publishPacket(topic, payload, messageId === 0 ? options : { ...options, messageId }))
    return messageId
  }

  /** Says goodbye. */
  async disconnect(reasonCode = 0, sessionExpiryInterval?: number): Promise<void> {
    const properties = sessionExpiryInterval === undefined ? {} : { sessionExpiryInterval }
    this.send({ cmd: 'disconnect', reasonCode, properties })
    await this.#settle()
  }

  /** The connection breaks. */
  async lose(): Promise<void> {
    this.connection.lose()
    await this.#settle()
  }

  /** The oldest packet with `cmd` that was not taken yet; it is taken now. */
  expect<Cmd extends Packet['cmd']>(cmd: Cmd): PacketOf<Cmd> {
    const index = this.received.findIndex(packet => packet.cmd === cmd)
    assert(index >= 0, `expected ${cmd}, received ${this.received.map(packet => packet.cmd).join(', ') || 'nothing'}`)
    const [packet] = this.received.splice(index, 1)
    assert(packet !== undefined && isOf(packet, cmd))
    return packet
  }

  /** All packets with `cmd` that were not taken yet; they are taken now. */
  takeAll<Cmd extends Packet['cmd']>(cmd: Cmd): readonly PacketOf<Cmd>[] {
    const taken: PacketOf<Cmd>[] = []
    for (const packet of this.received.splice(0)) {
      if (isOf(packet, cmd)) taken.push(packet)
      else this.received.push(packet)
    }
    return taken
  }

  /** Payloads of the messages that were not taken yet; they are taken now. */
  payloads(): readonly string[] {
    return this.takeAll('publish').map(({ payload }) => payload.toString())
  }

  nextPacketId(): number {
    this.#lastPacketId = (this.#lastPacketId % 65_535) + 1
    return this.#lastPacketId
  }

  arrived(bytes: Buffer): void {
    this.#parser.parse(bytes)
  }

  closed(): void {
    this.closedByBroker = true
  }

  #receive(packet: Packet): void {
    this.received.push(packet)
    if (!this.acknowledging) return
    const { messageId } = packet
    if (messageId === undefined) return
    if (packet.cmd === 'publish' && packet.qos > 0)
      this.send({ cmd: packet.qos === 1 ? 'puback' : 'pubrec', messageId })
    else if (packet.cmd === 'pubrec' && (packet.reasonCode ?? 0) < 0x80) this.send({ cmd: 'pubrel', messageId })
    else if (packet.cmd === 'pubrel') this.send({ cmd: 'pubcomp', messageId })
  }
}

/** A CONNECT: Clean Start and no Keep Alive, unless `fields` say otherwise. */
export function connectPacket(
  clientId: string,
  version: WireVersion,
  fields: Partial<IConnectPacket> = {},
): IConnectPacket {
  return {
    cmd: 'connect',
    protocolId: version === 3 ? 'MQIsdp' : 'MQTT',
    protocolVersion: version,
    clientId,
    clean: true,
    keepalive: 0,
    ...fields,
  }
}

/** A SUBSCRIBE with the same options for each filter. */
export function subscribePacket(
  messageId: number,
  topicFilters: string | readonly string[],
  options: SubscribeOptions = {},
): PacketOf<'subscribe'> {
  const { qos = 0, noLocal: nl = false, retainAsPublished: rap = false, retainHandling: rh = 0 } = options
  const { subscriptionIdentifier } = options
  return {
    cmd: 'subscribe',
    messageId,
    subscriptions: [topicFilters].flat().map(topic => ({ topic, qos, nl, rap, rh })),
    properties: subscriptionIdentifier === undefined ? {} : { subscriptionIdentifier },
  }
}

/** A PUBLISH. */
export function publishPacket(topic: string, payload: string, options: PublishOptions = {}): IPublishPacket {
  const { qos = 0, retain = false, duplicate = false, messageId, properties } = options
  return {
    cmd: 'publish',
    topic,
    payload,
    qos,
    retain,
    dup: duplicate,
    ...(messageId === undefined ? {} : { messageId }),
    ...(properties === undefined ? {} : { properties }),
  }
}

function isOf<Cmd extends Packet['cmd']>(packet: Packet, cmd: Cmd): packet is PacketOf<Cmd> {
  return packet.cmd === cmd
}
