import type { ClientListener } from './mqtt-client.ts'
import { MqttClient } from './mqtt-client.ts'
import type { ConnectFields } from './packets.ts'
import type { PlanBase } from './plan.ts'
import type { Turn } from './turn.ts'

const USERNAME = 'bench'
const CONNECT_SECONDS_MAX = 30

/** What a CONNECT says beside who the client is, and the node that it goes to: by its number when left out. */
export interface ConnectHow extends Partial<Pick<ConnectFields, 'persistent' | 'authenticationMethod'>> {
  readonly node?: number
}

/** Makes the clients of a plan, each with its own identifier and token, and closes them. */
export class ClientGroup {
  readonly #plan: PlanBase
  readonly #turn: Turn
  readonly #clients: MqttClient[] = []

  constructor(plan: PlanBase, turn: Turn) {
    this.#plan = plan
    this.#turn = turn
  }

  /** Starts to connect the client with this number; resolves when it is let in. */
  async connect(number: number, listener: ClientListener, how: ConnectHow = {}): Promise<MqttClient> {
    const { addresses, protocolVersion, prefix, tokens } = this.#plan
    const { node = number, ...options } = how
    const password = tokens.length === 0 ? undefined : tokens[number % tokens.length]
    const username = password === undefined ? undefined : USERNAME
    const clientId = `${prefix}-${number}`
    const fields = { protocolVersion, clientId, username, password, persistent: false, ...options }
    const address = addresses[node % addresses.length]
    if (address === undefined) throw new Error('there is no node to connect to')
    const client = new MqttClient(address, fields, listener, this.#turn)
    client.index = number
    this.#clients.push(client)
    const timer = setTimeout(() => client.closed('not let in within 30 seconds'), CONNECT_SECONDS_MAX * 1_000)
    try {
      await client.connected()
    } finally {
      clearTimeout(timer)
    }
    return client
  }

  close(): void {
    for (const client of this.#clients) client.disconnect()
    this.#clients.length = 0
  }
}
