import type { Connection, ConnectionHandler } from '../ports/connection.ts'
import { PacketDecoder, type PacketReceiver, type ProtocolViolation } from '../protocol/decoder.ts'
import type { IncomingPublish } from '../protocol/incoming-publish.ts'
import type { AcknowledgementType, ConnectPacket, ControlPacket, ProtocolVersion } from '../protocol/packets.ts'
import { ReasonCode } from '../protocol/reason-codes.ts'
import { AcknowledgementLine } from './acknowledgement-line.ts'
import { Backlog } from './backlog.ts'
import type { BrokerContext } from './broker-context.ts'
import type { Channel, ConnectedClient } from './channel.ts'
import { reviewClient } from './client-review.ts'
import type { ConnectedSession } from './connected-session.ts'
import { type DeadlineTarget, DeadlineWheel } from './deadline-wheel.ts'
import { handleAcknowledgement } from './handlers/acknowledge.ts'
import { handleAuth } from './handlers/auth.ts'
import { handleConnect } from './handlers/connect.ts'
import { handleDisconnect } from './handlers/disconnect.ts'
import { handlePingRequest } from './handlers/ping.ts'
import { acknowledgerOf, handlePublish } from './handlers/publish.ts'
import { handleSubscribe } from './handlers/subscribe.ts'
import { handleUnsubscribe } from './handlers/unsubscribe.ts'
import { PublishedTopics } from './published-topics.ts'
import { Hold, ReadGate } from './read-gate.ts'
import { type Refusal, TAKEN_OVER } from './refusal.ts'
import { tellDisconnected, tellRefused } from './refusal-packets.ts'
import { isStale } from './stale-epoch.ts'
import { failureRefusal, isFull } from './store-full.ts'
import type { ConnectionTraffic } from './traffic.ts'
import { mayPublishWill } from './will-permission.ts'

type ChannelState = 'awaiting-connect' | 'connecting' | 'connected' | 'closed'

/**
 * One Network Connection and its protocol state. Hands each packet to its handler and is the only one to close the
 * connection, in one place per way of ending it.
 */
export class ClientChannel implements Channel, ConnectionHandler, PacketReceiver, DeadlineTarget {
  readonly broker: BrokerContext
  readonly connection: Connection
  readonly decoder: PacketDecoder
  readonly traffic: ConnectionTraffic | undefined
  readonly #gate: ReadGate
  dueTick = 0
  #state: ChannelState = 'awaiting-connect'
  #client: ConnectedClient | undefined = undefined
  /** Undefined until the client publishes. */
  #topics: PublishedTopics | undefined = undefined
  /** One and a half Keep Alive, and a tick, for the last activity is known to within one. */
  #silenceMaxMs = 0
  /** The wheel's tick at which something last arrived. */
  #activeAt: number
  /** Undefined while no acknowledgement has ever waited. */
  #acknowledgements: AcknowledgementLine | undefined = undefined
  /** Undefined while nothing was ever under way. */
  #backlog: Backlog | undefined = undefined
  #publishWill = true
  #takenOver = false

  constructor(broker: BrokerContext, connection: Connection) {
    this.broker = broker
    this.connection = connection
    this.decoder = new PacketDecoder(this)
    this.#gate = new ReadGate(connection)
    this.traffic = broker.traffic?.opened(connection, this.#gate)
    this.#activeAt = broker.wheel.tick
    broker.wheel.set(this, broker.limits.connectTimeoutMs)
    broker.counters.connectionsOpen++
    broker.counters.connectionsAccepted++
    if (broker.traffic !== undefined && this.traffic === undefined) connection.destroy()
  }

  /** Set once CONNECT was accepted. */
  get session(): ConnectedSession | undefined {
    return this.#client?.session
  }

  /** Nothing is handled or sent any more. */
  get ended(): boolean {
    return this.#state === 'closed'
  }

  get protocolVersion(): ProtocolVersion {
    return this.decoder.protocolVersion
  }

  get topics(): PublishedTopics {
    this.#topics ??= new PublishedTopics(this.broker.routes, this.broker.limits.topicAliasMaximum)
    return this.#topics
  }

  get acknowledgements(): AcknowledgementLine {
    this.#acknowledgements ??= new AcknowledgementLine(acknowledgerOf(this))
    return this.#acknowledgements
  }

  /** Whether acknowledgements may be sent at once, because none waits before them. */
  get acknowledgesAtOnce(): boolean {
    return this.#acknowledgements === undefined || this.#acknowledgements.length === 0
  }

  awaitSafety(bytes: number, safe: Promise<unknown>): void {
    this.#backlog ??= new Backlog(this.#gate, this.broker.counters)
    this.#backlog.add(bytes, safe)
  }

  received(bytes: Buffer, start: number, end: number): void {
    this.#activeAt = this.broker.wheel.tick
    this.traffic?.received(end - start)
    try {
      this.decoder.decode(bytes, start, end)
    } catch (error) {
      this.failed('packet', error)
    }
  }

  drained(): void {
    const session = this.session
    if (session === undefined) return
    session.subscriber.pump()
    session.drain?.pump()
  }

  /** The transport says that the connection is gone. */
  closed(): void {
    this.#finish()
  }

  publish(packet: IncomingPublish): void {
    this.broker.load.published(this.#gate)
    if (this.#client !== undefined) handlePublish(this, this.#client, packet)
  }

  acknowledgement(type: AcknowledgementType, packetId: number, reasonCode: number): void {
    this.broker.counters.controlPacketsReceived++
    if (this.#client !== undefined) handleAcknowledgement(this, this.#client, type, packetId, reasonCode)
  }

  pingRequest(): void {
    this.broker.counters.controlPacketsReceived++
    handlePingRequest(this)
  }

  control(packet: ControlPacket): void {
    this.broker.counters.controlPacketsReceived++
    if (packet.type === 'connect') return this.#connect(packet)
    const client = this.#client
    if (client === undefined) return
    switch (packet.type) {
      case 'subscribe':
        return this.run('subscribe', handleSubscribe(this, client, packet))
      case 'unsubscribe':
        return this.run('unsubscribe', handleUnsubscribe(this, client, packet))
      case 'disconnect':
        return handleDisconnect(this, client, packet)
      case 'auth':
        return this.run('auth', handleAuth(this, client, packet))
    }
  }

  violation(violation: ProtocolViolation): void {
    if (this.#state === 'awaiting-connect' && violation.connackVersion !== undefined) {
      this.refuseConnect(violation, violation.connackVersion)
    } else {
      this.disconnect(violation)
    }
  }

  deadlinePassed(): number {
    if (this.#state !== 'connected') {
      this.disconnect({ reasonCode: ReasonCode.MaximumConnectTime, why: 'no CONNECT in time' })
      return 0
    }
    // Who is not read cannot be heard.
    if (this.#gate.closed) this.#activeAt = this.broker.wheel.tick
    const leftMs = this.#silenceMaxMs - this.broker.wheel.elapsedMs(this.#activeAt)
    if (leftMs > 0) return leftMs
    // v5 [MQTT-3.1.2-22]
    this.disconnect({ reasonCode: ReasonCode.KeepAliveTimeout, why: 'silent for one and a half Keep Alive' })
    return 0
  }

  /** Waits for what a packet has begun; when it fails the connection ends, so that nobody waits for an answer in vain. */
  run(name: string, handling: Promise<unknown>): void {
    handling.catch((error: unknown) => this.failed(name, error))
  }

  /** Ends the connection because `name` failed. */
  failed(name: string, error: unknown): void {
    // What is still under way when a connection ends finds its session gone.
    if (this.ended) return
    if (this.#state === 'connected' && isStale(error)) return this.takenOver()
    const connecting = this.#state === 'connecting'
    const refusal = failureRefusal(error, connecting)
    if (!isFull(error))
      this.broker.log.error('handler failed', error, { handler: name, clientId: this.session?.clientId })
    if (connecting) this.refuseConnect(refusal, this.protocolVersion)
    else this.disconnect(refusal)
  }

  /** CONNECT was accepted: packets are handled from now on. */
  connected(client: ConnectedClient, keepAliveSeconds: number): void {
    this.#state = 'connected'
    this.#client = client
    this.decoder.maximumPacketSizeBytes = this.broker.limits.maximumPacketSizeBytes
    this.#armKeepAlive(keepAliveSeconds)
    client.proof?.start()
    this.broker.registry.register(this, client.session.clientId)
  }

  /** Answers CONNECT with a refusal and closes; what the client has pipelined behind it is not looked at. */
  refuseConnect(refusal: Refusal, version: ProtocolVersion, maximumPacketSizeBytes?: number): void {
    if (this.#state === 'closed') return
    this.broker.counters.connectsRefused++
    // A client that was not let in has left no will.
    this.#publishWill = false
    tellRefused(this, version, refusal, maximumPacketSizeBytes)
    this.#end(refusal)
  }

  /** Ends the connection from our side; MQTT 5 clients are told the reason (v5 4.13). */
  disconnect(refusal: Refusal): void {
    if (this.#state === 'closed') return
    if (this.#state === 'connected' && this.protocolVersion === 5) {
      tellDisconnected(this, refusal, this.#client?.requestProblemInformation !== false)
    }
    this.#end(refusal)
  }

  /** The client said goodbye: its Will Message is discarded unless it asked otherwise (v5 3.14.4). */
  goodbye(publishWill: boolean): void {
    this.#publishWill = publishWill
    this.#finish()
    this.connection.end()
  }

  revocation(): Refusal | undefined {
    return this.#client?.proof?.revocation()
  }

  review(): void {
    if (this.#client !== undefined) this.run('review', reviewClient(this, this.#client))
  }

  /** Another connection of the same client has claimed the session (v5 [MQTT-3.1.4-3]). */
  takenOver(): void {
    this.#takenOver = true
    this.disconnect(TAKEN_OVER)
  }

  #connect(packet: ConnectPacket): void {
    this.#state = 'connecting'
    // The client may send on before it has its CONNACK (v5 3.1.4); that waits, bounded, until the door has decided.
    this.decoder.hold()
    this.#gate.hold(Hold.connecting)
    this.run('connect', this.#admit(packet))
  }

  async #admit(packet: ConnectPacket): Promise<void> {
    await handleConnect(this, packet)
    if (this.ended) return
    this.#gate.release(Hold.connecting)
    this.decoder.release()
  }

  #armKeepAlive(keepAliveSeconds: number): void {
    this.#silenceMaxMs = keepAliveSeconds * 1500 + DeadlineWheel.tickMs
    if (keepAliveSeconds === 0) this.broker.wheel.cancel(this)
    else this.broker.wheel.set(this, this.#silenceMaxMs)
  }

  #end(refusal: Refusal): void {
    this.broker.log.debug('connection ended', {
      clientId: this.session?.clientId,
      peer: this.connection.remoteAddress,
      listener: this.connection.listener.name,
      reasonCode: refusal.reasonCode,
      why: refusal.why,
    })
    this.#finish()
    this.connection.end()
  }

  /** Runs once, however the connection ends. */
  #finish(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.decoder.stop()
    const { broker } = this
    broker.counters.connectionsOpen--
    if (this.traffic !== undefined) broker.traffic?.closed(this.traffic)
    broker.wheel.cancel(this)
    const client = this.#client
    if (client === undefined) return
    const { session, proof } = client
    proof?.stop()
    broker.registry.unregister(this, session.clientId)
    const publishWill = this.#publishWill && mayPublishWill(client)
    broker.sessions.leave(session, { publishWill, takenOver: this.#takenOver })
  }
}
