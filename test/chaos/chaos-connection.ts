import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { generate, type Packet, parser } from 'mqtt-packet'

const RETRY_MS = 50

/** What a {@link ChaosConnection} tells its client. */
export interface ChaosClient {
  /** CONNACK was positive. */
  connected(sessionPresent: boolean): void
  received(packet: Packet): void
}

/** A client of a broker that is killed all the time: connects again and again to the same persistent session. */
export class ChaosConnection {
  readonly #port: number
  readonly #clientId: string
  readonly #client: ChaosClient
  #socket: Socket | undefined = undefined
  #stopped = false
  /** Connections that were accepted. */
  connects = 0

  constructor(port: number, clientId: string, client: ChaosClient) {
    this.#port = port
    this.#clientId = clientId
    this.#client = client
  }

  /** Is connected, or tries to be, until it is stopped. */
  async run(): Promise<void> {
    while (!this.#stopped) {
      await this.#connectOnce()
      if (!this.#stopped) await sleep(RETRY_MS)
    }
  }

  stop(): void {
    this.#stopped = true
    this.#socket?.destroy()
  }

  /** Goes away for a while, as after a fault of the network. */
  cut(): void {
    this.#socket?.destroy()
  }

  /** Lost where there is no connection: what counts is sent again on the next one. */
  send(packet: Packet): void {
    if (this.#socket?.writable === true) this.#socket.write(generate(packet, { protocolVersion: 5 }))
  }

  #connectOnce(): Promise<void> {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true })
    this.#socket = socket
    const packets = parser({ protocolVersion: 5 })
    packets.on('packet', packet => {
      if (packet.cmd !== 'connack') return this.#client.received(packet)
      if (packet.reasonCode !== 0) return socket.destroy()
      this.connects++
      this.#client.connected(packet.sessionPresent)
    })
    packets.on('error', error => socket.destroy(error))
    socket.on('data', chunk => packets.parse(chunk))
    socket.once('connect', () => {
      this.send({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 5,
        clientId: this.#clientId,
        clean: false,
        keepalive: 0,
        properties: { sessionExpiryInterval: 3600, receiveMaximum: 64 },
      })
    })
    return new Promise(resolve => {
      socket.on('error', () => {})
      socket.once('close', () => resolve())
    })
  }
}
