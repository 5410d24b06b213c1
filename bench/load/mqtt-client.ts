import { Acknowledgements } from './acknowledgements.ts'
import type { Address, LinkHandler } from './link.ts'
import { Link } from './link.ts'
import type { PacketHandler } from './packet-reader.ts'
import { PacketReader } from './packet-reader.ts'
import type { ConnectFields } from './packets.ts'
import { DISCONNECT, encodeConnect, encodeReauthentication, encodeSubscribe } from './packets.ts'
import { RECEIVE_MAXIMUM_DEFAULT, receiveMaximumIn } from './receive-maximum.ts'
import type { Gathering, Turn } from './turn.ts'

/** Takes what the clients of a run receive. */
export interface ClientListener {
  /** A read begins; what follows arrived now. */
  reading(): void
  /** A PUBLISH arrived; `start` to `end` is its payload. */
  delivered(client: MqttClient, bytes: Uint8Array, start: number, end: number): void
  /** A message of ours is done: PUBACK or PUBCOMP. */
  acknowledged(client: MqttClient, reasonCode: number): void
  /** A connection that stood was lost. */
  lost(client: MqttClient, why: string): void
}

/** Gives a client what it is to publish. */
export interface PublishSource {
  /** Stamped packets that may go now, framed; undefined when there are none. Called again after each write. */
  next(): Uint8Array | undefined
}

const FAILURE = 0x80

/** One MQTT client of the load: answers the handshakes of QoS 1 and 2 and gathers its writes per turn. */
export class MqttClient implements LinkHandler, PacketHandler, Gathering {
  inTurn = false
  /** What the client stands for in its run. */
  index = 0
  source: PublishSource | undefined
  /** Of the broker, in its CONNACK. */
  receiveMaximum = RECEIVE_MAXIMUM_DEFAULT
  readonly #fields: ConnectFields
  readonly #listener: ClientListener
  readonly #turn: Turn
  readonly #link: Link
  readonly #reader: PacketReader
  readonly #acknowledgements: Acknowledgements
  readonly #connected = Promise.withResolvers<void>()
  #subscribed: PromiseWithResolvers<void> | undefined
  #reauthenticated: PromiseWithResolvers<void> | undefined
  #failure: string | undefined
  #packetId = 0
  #up = false

  constructor(address: Address, fields: ConnectFields, listener: ClientListener, turn: Turn) {
    this.#fields = fields
    this.#listener = listener
    this.#turn = turn
    this.#reader = new PacketReader(this)
    this.#link = new Link(address, this)
    this.#acknowledgements = new Acknowledgements(packet => this.#link.framed(packet))
    // Whoever waits hears of a failure; nobody needs to.
    this.#connected.promise.catch(() => undefined)
  }

  get localPort(): number {
    return this.#link.localPort
  }

  /** Resolves when the broker let the client in. */
  connected(): Promise<void> {
    return this.#connected.promise
  }

  /** Resolves when the broker has granted every filter. */
  async subscribe(topicFilters: readonly string[], qos: number): Promise<void> {
    if (this.#failure !== undefined) throw new Error(this.#failure)
    this.#subscribed = Promise.withResolvers()
    this.#packetId += 1
    this.send(encodeSubscribe(this.#fields.protocolVersion, this.#packetId, topicFilters, qos))
    await this.#subscribed.promise
  }

  /** Shows another token on the open connection; resolves when the broker has taken it. */
  async reauthenticate(token: string): Promise<void> {
    if (this.#failure !== undefined) throw new Error(this.#failure)
    this.#reauthenticated = Promise.withResolvers()
    this.send(encodeReauthentication(this.#fields.authenticationMethod ?? '', token))
    await this.#reauthenticated.promise
  }

  /** Sends a packet at once, outside of the gathered writes. */
  send(packet: Buffer): void {
    this.#link.write(this.#link.framed(packet))
  }

  /** A packet as the client's transport sends it. */
  framed(packet: Buffer): Buffer {
    return this.#link.framed(packet)
  }

  /** Ends the connection with DISCONNECT. */
  disconnect(): void {
    this.#up = false
    this.#failure ??= 'the run is over'
    this.#link.end(this.#link.framed(DISCONNECT))
  }

  flush(): void {
    if (this.#link.busy || !this.#up) return
    let packets = this.source?.next()
    if (this.#acknowledgements.waiting) {
      if (packets === undefined) this.#link.write(this.#acknowledgements.bytes)
      else this.#link.writeBoth(this.#acknowledgements.bytes, packets)
      if (this.#link.busy) return this.#acknowledgements.surrender()
      this.#acknowledgements.clear()
      packets = this.source?.next()
    }
    while (packets !== undefined) {
      this.#link.write(packets)
      packets = this.#link.busy ? undefined : this.source?.next()
    }
  }

  opened(): void {
    this.#link.write(this.#link.framed(encodeConnect(this.#fields)))
  }

  received(bytes: Uint8Array, start: number, end: number): void {
    this.#listener.reading()
    try {
      this.#reader.push(bytes, start, end)
    } catch (error) {
      this.#fail(`unreadable packet: ${String(error)}`)
    }
  }

  drained(): void {
    this.#turn.add(this)
  }

  closed(why: string): void {
    if (this.#failure !== undefined) return
    this.#fail(why)
  }

  packet(firstByte: number, bytes: Uint8Array, start: number, end: number): void {
    switch (firstByte >> 4) {
      case 2:
        return this.#connack(bytes, start, end)
      case 3:
        return this.#publish(firstByte, bytes, start, end)
      case 4:
      case 7:
        return this.#listener.acknowledged(this, end - start > 2 ? (bytes[start + 2] ?? 0) : 0)
      case 5:
        return this.#pubrec(bytes, start, end)
      case 6:
        return this.#acknowledge(0x70, bytes, start)
      case 9:
        return this.#suback(bytes, end)
      case 14:
        return this.#fail(`DISCONNECT with reason code ${bytes[start] ?? 0}`)
      case 15:
        return this.#auth(end > start ? (bytes[start] ?? 0) : 0)
      default:
        return
    }
  }

  #publish(firstByte: number, bytes: Uint8Array, start: number, end: number): void {
    const qos = (firstByte >> 1) & 3
    const packetIdAt = start + 2 + ((bytes[start] ?? 0) << 8) + (bytes[start + 1] ?? 0)
    let payloadAt = qos === 0 ? packetIdAt : packetIdAt + 2
    if (this.#fields.protocolVersion === 5) payloadAt = afterProperties(bytes, payloadAt)
    this.#listener.delivered(this, bytes, payloadAt, end)
    if (qos > 0) this.#acknowledge(qos === 1 ? 0x40 : 0x50, bytes, packetIdAt)
  }

  #pubrec(bytes: Uint8Array, start: number, end: number): void {
    const reasonCode = end - start > 2 ? (bytes[start + 2] ?? 0) : 0
    if (reasonCode >= FAILURE) return this.#listener.acknowledged(this, reasonCode)
    this.#acknowledge(0x62, bytes, start)
  }

  #acknowledge(firstByte: number, bytes: Uint8Array, packetIdAt: number): void {
    this.#acknowledgements.append(firstByte, bytes[packetIdAt] ?? 0, bytes[packetIdAt + 1] ?? 0)
    this.#turn.add(this)
  }

  #connack(bytes: Uint8Array, start: number, end: number): void {
    const code = bytes[start + 1] ?? 0
    if (code !== 0) return this.#fail(`CONNACK with code ${code}`)
    if (this.#fields.protocolVersion === 5) this.receiveMaximum = receiveMaximumIn(bytes.subarray(start + 2, end))
    this.#up = true
    this.#connected.resolve()
  }

  #suback(bytes: Uint8Array, end: number): void {
    const code = bytes[end - 1] ?? FAILURE
    if (code < FAILURE) this.#subscribed?.resolve()
    else this.#fail(`SUBACK with code ${code}`)
  }

  #auth(reasonCode: number): void {
    if (reasonCode === 0) this.#reauthenticated?.resolve()
    else this.#fail(`AUTH with reason code ${reasonCode}`)
  }

  #fail(why: string): void {
    const wasUp = this.#up
    this.#failure = why
    this.#up = false
    this.#connected.reject(new Error(why))
    this.#subscribed?.reject(new Error(why))
    this.#reauthenticated?.reject(new Error(why))
    this.#link.end(Buffer.alloc(0))
    if (wasUp) this.#listener.lost(this, why)
  }
}

function afterProperties(bytes: Uint8Array, start: number): number {
  let at = start
  let length = 0
  for (let factor = 1; ; factor *= 128) {
    const byte = bytes[at] ?? 0
    at += 1
    length += (byte & 0x7f) * factor
    if (byte < 0x80) return at + length
  }
}
