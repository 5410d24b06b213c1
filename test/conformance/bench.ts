import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConformanceClient } from '../support/conformance-client.ts'
import type { ConnectFields, SuiteVersion } from '../support/conformance-packets.ts'
import { connectBytes } from '../support/conformance-packets.ts'
import { Prop } from '../support/conformance-properties.ts'
import type { Target } from '../support/conformance-wire.ts'
import { openWire, openWebSocket } from '../support/conformance-wire.ts'

const LASTING_SECONDS = 60
const RUN = randomBytes(3).toString('hex')
let benches = 0

/** Thrown by a case that the broker gives no occasion for, with the reason. */
export class NotApplicable extends Error {}

/** The clients of one case against one broker, with names that no other case has. */
export class Bench {
  readonly target: Target
  readonly version: SuiteVersion
  readonly #clients: ConformanceClient[] = []
  readonly #lasting = new Set<string>()
  readonly #prefix: string

  constructor(target: Target, version: SuiteVersion) {
    this.target = target
    this.version = version
    benches += 1
    this.#prefix = `${RUN}x${benches}`
  }

  /** A name of this case's own. */
  name(suffix: string): string {
    return `${this.#prefix}${suffix}`
  }

  /** A Topic Name of this case's own. */
  topic(suffix = 'a'): string {
    return `conformance/${this.#prefix}/${suffix}`
  }

  /** Opens a connection on which nothing has been sent. */
  async open(clientId = this.name(`c${this.#clients.length}`), version = this.version): Promise<ConformanceClient> {
    const client = new ConformanceClient(version, clientId)
    this.#clients.push(client)
    return client.attach(await openWire(this.target, client))
  }

  /** A CONNECT with the target's credentials. */
  connectBytes(clientId: string, fields: ConnectFields = {}): Buffer {
    return connectBytes(this.version, this.fields(clientId, fields))
  }

  /** The fields of a CONNECT, completed by the target's credentials. */
  fields(clientId: string, fields: ConnectFields = {}): ConnectFields {
    const { username, password } = this.target
    return {
      clientId,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...fields,
    }
  }

  /** Connects a client; fails when it is refused. */
  async connect(fields: ConnectFields & { readonly as?: string } = {}): Promise<ConformanceClient> {
    return this.#admit(await this.open(fields.as), fields)
  }

  /** The same over WebSocket. */
  async connectWebSocket(): Promise<ConformanceClient> {
    if (this.target.websocketUrl === undefined) throw new NotApplicable('MQTT over WebSocket is not served')
    const client = new ConformanceClient(this.version, this.name(`w${this.#clients.length}`))
    this.#clients.push(client)
    client.attach(await openWebSocket(this.target, client))
    return this.#admit(client, {})
  }

  /** Connects a client whose session outlives its connection. */
  async connectLasting(as: string, fields: ConnectFields = {}): Promise<ConformanceClient> {
    this.#lasting.add(as)
    const { properties = [] } = fields
    const expiry = this.version === 5 ? [Prop.sessionExpiryInterval(LASTING_SECONDS)] : []
    return this.connect({ as, cleanStart: false, ...fields, properties: [...expiry, ...properties] })
  }

  /** Lets time pass, where time is what is tested. */
  async elapse(seconds: number): Promise<void> {
    await sleep(seconds * 1000)
  }

  /** Ends all clients, and the sessions that would outlive them. */
  async close(): Promise<void> {
    for (const client of this.#clients) client.lose()
    await Promise.allSettled(Array.from(this.#lasting, clientId => this.#endSession(clientId)))
  }

  async #admit(client: ConformanceClient, fields: ConnectFields): Promise<ConformanceClient> {
    client.send(this.connectBytes(client.clientId, fields))
    const connack = await client.expect('connack')
    const code = connack.reasonCode ?? connack.returnCode ?? 0
    if (code !== 0) throw new Error(`CONNECT was refused with ${code}`)
    return client
  }

  async #endSession(clientId: string): Promise<void> {
    const client = await this.open(clientId)
    client.send(this.connectBytes(clientId))
    await client.expect('connack')
    client.lose()
  }
}
