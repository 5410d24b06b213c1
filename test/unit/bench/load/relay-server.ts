import { once } from 'node:events'
import type { Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import type { Packet } from 'mqtt-packet'
import { generate, parser } from 'mqtt-packet'
import type { Address } from '../../../../bench/load/link.ts'

/** What a relay does with the messages of one publisher, in the order they came; gives those it sends on, in order. */
export type Mischief = (messages: readonly Packet[]) => readonly Packet[]

/** A broker in memory that can be told to lose, double and reorder: QoS 0 to 2, exact topics. */
export class RelayServer {
  readonly #server: Server
  readonly #receivers = new Map<string, Socket>()
  /** Client identifiers and passwords, as the clients gave them. */
  readonly connects: { readonly clientId: string; readonly password: string | undefined }[] = []

  constructor(mischief: Mischief) {
    this.#server = createServer(socket => this.#serve(socket, mischief))
  }

  async listen(): Promise<Address> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    return { host: '127.0.0.1', port: address.port, transport: 'tcp' }
  }

  close(): void {
    this.#server.close()
  }

  #serve(socket: Socket, mischief: Mischief): void {
    const oracle = parser()
    let messages: Packet[] = []
    oracle.on('packet', packet => {
      if (packet.cmd === 'publish') messages.push(packet)
      else this.#answer(socket, packet)
    })
    socket.on('data', bytes => {
      oracle.parse(bytes)
      for (const packet of mischief(messages)) this.#forward(packet)
      for (const packet of messages) this.#acknowledge(socket, packet)
      messages = []
    })
    socket.on('error', () => socket.destroy())
  }

  #answer(socket: Socket, packet: Packet): void {
    if (packet.cmd === 'connect') {
      this.connects.push({ clientId: packet.clientId, password: packet.password && String(packet.password) })
      socket.write(generate({ cmd: 'connack', returnCode: 0, sessionPresent: false }))
    } else if (packet.cmd === 'subscribe') {
      for (const { topic } of packet.subscriptions) this.#receivers.set(topic, socket)
      socket.write(
        generate({ cmd: 'suback', messageId: packet.messageId ?? 0, granted: [packet.subscriptions[0]?.qos ?? 0] }),
      )
    } else if (packet.cmd === 'pubrel') {
      socket.write(generate({ cmd: 'pubcomp', messageId: packet.messageId ?? 0 }))
    } else if (packet.cmd === 'pubrec') {
      socket.write(generate({ cmd: 'pubrel', messageId: packet.messageId ?? 0 }))
    }
  }

  #acknowledge(socket: Socket, packet: Packet): void {
    if (packet.cmd !== 'publish' || packet.qos === 0) return
    socket.write(generate({ cmd: packet.qos === 1 ? 'puback' : 'pubrec', messageId: packet.messageId ?? 0 }))
  }

  #forward(packet: Packet): void {
    if (packet.cmd === 'publish') this.#receivers.get(packet.topic)?.write(generate(packet))
  }
}
