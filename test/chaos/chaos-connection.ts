import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { generate, type Packet, parser } from 'mqtt-packet'

const RETRY_MS = 50
const ANSWER_MS = 10_000

/** What a {@link ChaosConnection} tells its client. */
export interface ChaosClient {
  /** CONNACK was positive. */
  connected(sessionPresent: boolean): void
  received(packet: Packet): void
  /** An attempt, or a connection, has come to its end. */
  lost?(): void
}

/** Who connects, and where. */
export interface ChaosWay {
  readonly clientId: string
  /** Where the next attempt goes. */
  readonly nextPort: () => number
  /** False: each connection has a session of its own. */
  readonly persistent: boolean
}

/** A client of a broker that is killed all the time: connects again and again, to the same session where it is persistent. */
export class ChaosConnection {
  readonly #way: ChaosWay
  readonly #client: ChaosClient
  #socket: Socket | undefined = undefined
  #stopped = false
  /** Connections that were accepted. */
  connects = 0
  /** The broker that has accepted the connection; undefined while there is none. */
  connectedTo: number | undefined = undefined

  constructor(way: ChaosWay, client: ChaosClient) {
    this.#way = way
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
    const { clientId, nextPort, persistent } = this.#way
    const port = nextPort()
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket = socket
    const packets = parser({ protocolVersion: 5 })
    packets.on('packet', packet => {
      if (packet.cmd !== 'connack') return this.#client.received(packet)
      if (packet.reasonCode !== 0) return socket.destroy()
      this.connects++
      this.connectedTo = port
      this.#client.connected(packet.sessionPresent)
    })
    packets.on('error', error => socket.destroy(error))
    socket.on('data', chunk => packets.parse(chunk))
    // A broker that says nothing is left for another one.
    socket.setTimeout(ANSWER_MS, () => {
      if (this.connectedTo === undefined) socket.destroy()
    })
    socket.once('connect', () => {
      this.send({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 5,
        clientId,
        clean: !persistent,
        keepalive: 0,
        properties: { sessionExpiryInterval: persistent ? 3600 : 0, receiveMaximum: 64 },
      })
    })
    return new Promise(resolve => {
      socket.on('error', () => {})
      socket.once('close', () => {
        this.connectedTo = undefined
        this.#client.lost?.()
        resolve()
      })
    })
  }
}
