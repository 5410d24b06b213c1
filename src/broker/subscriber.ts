import type { Counters } from '../core/counters.ts'
import { Awaiting, InflightWindow } from '../core/inflight-window.ts'
import type { Message } from '../core/message.ts'
import type { Connection } from '../ports/connection.ts'
import { PACKET_BYTES_MAX, type ProtocolVersion, type QoS } from '../protocol/packets.ts'
import type { PublishTemplate } from '../protocol/publish-template.ts'
import type { BrokerLimits } from './limits.ts'
import { IdleSignal } from './idle-signal.ts'
import { Load } from './load-guard.ts'
import { OutgoingAliases } from './outgoing-aliases.ts'
import { fillTemplate, type Publication } from './publication.ts'
import { SharedInFlight, type Undelivered } from './shared-in-flight.ts'
import { type Waiting, WaitingMessages } from './waiting-messages.ts'

/** Most bytes that a Topic Alias adds: those of its property, of the Property Length and of the Remaining Length. */
const ALIAS_GROWTH_BYTES = 5

/** What the subscribers of one worker share. */
export interface DeliveryContext {
  readonly limits: BrokerLimits
  readonly counters: Counters
  /** How loaded this worker is. */
  readonly load: { readonly level: Load }
  /** For messages that are sent later than they were routed. */
  readonly template: PublishTemplate
  nowMs(): number
}

/** What the CONNECT of a client says about deliveries to it. */
export interface SubscriberOptions {
  readonly clientId: string
  readonly protocolVersion: ProtocolVersion
  readonly receiveMaximum: number
  /** Bytes; undefined: no limit. */
  readonly maximumPacketSizeBytes: number | undefined
  /** 0: the client takes no aliases. */
  readonly topicAliasMaximum: number
}

/**
 * The receiving side of a connected client: brings messages to its connection within its window and its limits.
 * Messages of a non-persistent session live and end here; those of a persistent one come from its queue in the store.
 */
export class Subscriber {
  readonly clientId: string
  readonly protocolVersion: ProtocolVersion
  readonly connection: Connection
  /** The largest packet the client takes. */
  readonly maximumPacketSizeBytes: number
  readonly #context: DeliveryContext
  readonly #receiveMaximum: number
  /** Undefined until the first QoS 1 or 2 message. */
  #window: InflightWindow | undefined = undefined
  /** Undefined until the first message has to wait. */
  #waiting: WaitingMessages | undefined = undefined
  /** Undefined until the first QoS 1 message of a Shared Subscription. */
  #shared: SharedInFlight | undefined = undefined
  #closed = false
  /** Undefined for a client that takes none. They end with the connection. */
  readonly #aliases: OutgoingAliases | undefined
  /** Undefined until somebody waits. */
  #idle: IdleSignal | undefined = undefined

  constructor(context: DeliveryContext, connection: Connection, options: SubscriberOptions) {
    this.#context = context
    this.connection = connection
    this.clientId = options.clientId
    this.protocolVersion = options.protocolVersion
    this.maximumPacketSizeBytes = Math.min(options.maximumPacketSizeBytes ?? PACKET_BYTES_MAX, PACKET_BYTES_MAX)
    this.#receiveMaximum = options.receiveMaximum
    this.#aliases = options.topicAliasMaximum > 0 ? new OutgoingAliases(options.topicAliasMaximum) : undefined
  }

  /** What was sent and is not acknowledged. */
  get window(): InflightWindow {
    this.#window ??= new InflightWindow(Math.min(this.#receiveMaximum, this.#context.limits.inflightMax))
    return this.#window
  }

  /** The connection is gone. */
  get closed(): boolean {
    return this.#closed
  }

  /** Whether a QoS 1 or 2 message may be sent now. */
  get ready(): boolean {
    return (
      this.window.hasRoomFor(this.window.next) && this.connection.pendingBytes <= this.#context.limits.heldBackBytes
    )
  }

  /** Sends the message that is being routed, or keeps it until the client can take it. */
  deliver(
    publication: Publication,
    qos: QoS,
    retain: boolean,
    subscriptionIdentifiers: readonly number[],
    sharedFilter: string | undefined,
  ): void {
    if (qos === 0) {
      this.#sendQoS0(publication.topicName, publication.template, retain, subscriptionIdentifiers)
    } else if (this.#waiting === undefined && this.ready) {
      const { topicName, template } = publication
      const position = this.window.next
      const sent = this.sendAt(position, topicName, template, qos, retain, false, subscriptionIdentifiers)
      if (sent && qos === 1 && sharedFilter !== undefined) this.#share(position, publication.kept(), sharedFilter)
    } else {
      this.#wait({ message: publication.kept(), qos, retain, subscriptionIdentifiers, sharedFilter })
    }
  }

  /** Sends a message that is kept: a retained one. Waits in the same line as {@link deliver}. */
  deliverKept(message: Message, qos: QoS, retain: boolean, subscriptionIdentifiers: readonly number[]): void {
    if (qos > 0) {
      this.#wait({ message, qos, retain, subscriptionIdentifiers, sharedFilter: undefined })
      this.pump()
      return
    }
    this.#fill(message)
    this.#sendQoS0(message.topicName, this.#context.template, retain, subscriptionIdentifiers)
  }

  /** Resolves when nothing waits and the client takes more, or its connection is gone; for who sends many at once. */
  async idle(): Promise<void> {
    if (this.#closed || (this.#waiting === undefined && this.ready)) return
    this.#idle ??= new IdleSignal()
    await this.#idle.wait()
  }

  /** Drops of what waits here the messages that the client may not receive any more. */
  dropUnless(mayReceive: (topicName: string) => boolean): void {
    const waiting = this.#waiting
    if (waiting === undefined) return
    this.#context.counters.droppedNotAuthorized += waiting.dropUnless(mayReceive)
    if (waiting.size === 0) this.#waiting = undefined
    this.pump()
  }

  /** The message at `position` is completely acknowledged. */
  complete(position: number): void {
    this.window.complete(position)
    this.#shared?.complete(position)
  }

  /** The connection is gone: nobody waits for it any more. Returns what other members of its groups may have. */
  close(): readonly Undelivered[] {
    this.#closed = true
    const inFlight = this.#shared?.takeAll() ?? []
    const waiting = this.#waiting?.takeAll() ?? []
    this.#waiting = undefined
    this.#idle?.idle()
    return [...inFlight, ...waiting]
  }

  /** Sends what waits, as far as the window and the connection allow. Called after acknowledgements and drains. */
  pump(): void {
    const waiting = this.#waiting
    if (waiting !== undefined) this.#sendWaiting(waiting)
    if (this.#idle !== undefined && this.#waiting === undefined && this.ready) this.#idle.idle()
  }

  #sendWaiting(waiting: WaitingMessages): void {
    while (this.ready) {
      const next = waiting.shift()
      if (next === undefined) break
      if (next.message.expired(this.#context.nowMs())) {
        this.#context.counters.droppedExpired++
        continue
      }
      this.#fill(next.message)
      const { message, qos, retain, subscriptionIdentifiers, sharedFilter } = next
      const { template } = this.#context
      const position = this.window.next
      const sent = this.sendAt(position, message.topicName, template, qos, retain, false, subscriptionIdentifiers)
      if (sent && qos === 1 && sharedFilter !== undefined) this.#share(position, message, sharedFilter)
    }
    if (waiting.size === 0) this.#waiting = undefined
  }

  /**
   * Sends the QoS 1 or 2 message in `template` as the one at `position`; the caller has asked `ready`. False: it is
   * larger than the client takes, counts as dropped and is not in flight.
   */
  sendAt(
    position: number,
    topicName: string,
    template: PublishTemplate,
    qos: QoS,
    retain: boolean,
    duplicate: boolean,
    subscriptionIdentifiers: readonly number[],
  ): boolean {
    if (!this.#fits(template, qos, subscriptionIdentifiers)) return false
    const packetId = this.window.send(position, qos === 1 ? Awaiting.puback : Awaiting.pubrec)
    this.#append(topicName, template, qos, retain, duplicate, packetId, subscriptionIdentifiers)
    this.#count(template)
    return true
  }

  #share(position: number, message: Message, sharedFilter: string): void {
    this.#shared ??= new SharedInFlight(this.#context.counters)
    this.#shared.sent(position, { message, sharedFilter })
  }

  #append(
    topicName: string,
    template: PublishTemplate,
    qos: QoS,
    retain: boolean,
    duplicate: boolean,
    packetId: number,
    identifiers: readonly number[],
  ): void {
    const { out } = this.connection
    const aliases = this.#aliases
    const known = aliases?.find(topicName) ?? 0
    if (known > 0) return template.appendAliased(out, qos, retain, duplicate, packetId, identifiers, known, 'uses')
    const added = this.#mayGrow(template, qos, identifiers) ? (aliases?.add(topicName) ?? 0) : 0
    if (added > 0) return template.appendAliased(out, qos, retain, duplicate, packetId, identifiers, added, 'sets')
    template.append(out, this.protocolVersion, qos, retain, duplicate, packetId, identifiers)
  }

  /** Whether the packet that sets an alias is still within the client's Maximum Packet Size. */
  #mayGrow(template: PublishTemplate, qos: QoS, identifiers: readonly number[]): boolean {
    if (this.#aliases === undefined || this.maximumPacketSizeBytes === PACKET_BYTES_MAX) return true
    return template.size(this.protocolVersion, qos, identifiers) + ALIAS_GROWTH_BYTES <= this.maximumPacketSizeBytes
  }

  #sendQoS0(
    topicName: string,
    template: PublishTemplate,
    retain: boolean,
    subscriptionIdentifiers: readonly number[],
  ): void {
    const { pendingBytes } = this.connection
    if (pendingBytes > 0 && this.#dropped(pendingBytes)) return
    if (!this.#fits(template, 0, subscriptionIdentifiers)) return
    this.#append(topicName, template, 0, retain, false, 0, subscriptionIdentifiers)
    this.#count(template)
  }

  #count({ payloadSize }: PublishTemplate): void {
    const { counters } = this.#context
    counters.messagesSent++
    counters.payloadBytesSent += payloadSize
  }

  /** Whether a QoS 0 message is dropped because the client has not read `pendingBytes`. */
  #dropped(pendingBytes: number): boolean {
    const { counters, limits, load } = this.#context
    if (pendingBytes > limits.qos0PendingBytesMax) counters.droppedBackpressure++
    else if (load.level >= Load.shedding) counters.droppedLoad++
    else return false
    return true
  }

  /** v5 [MQTT-3.1.2-25]: a packet above the client's Maximum Packet Size is dropped as if it had been sent. */
  #fits(template: PublishTemplate, qos: QoS, subscriptionIdentifiers: readonly number[]): boolean {
    if (this.maximumPacketSizeBytes === PACKET_BYTES_MAX) return true
    if (template.size(this.protocolVersion, qos, subscriptionIdentifiers) <= this.maximumPacketSizeBytes) return true
    this.#context.counters.droppedTooLarge++
    return false
  }

  #fill(message: Message): void {
    fillTemplate(this.#context.template, message, Buffer.from(message.topicName), this.#context.nowMs())
  }

  #wait(waiting: Waiting): void {
    const { limits, counters, load } = this.#context
    if (load.level === Load.full) {
      counters.droppedLoad++
      return
    }
    this.#waiting ??= new WaitingMessages(limits, counters)
    this.#waiting.push(waiting)
  }
}
