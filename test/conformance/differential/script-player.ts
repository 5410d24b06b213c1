import { ConformanceClient } from '../../support/conformance-client.ts'
import type { PacketOf } from '../../support/conformance-client.ts'
import { connectBytes } from '../../support/conformance-packets.ts'
import type { ConnectFields } from '../../support/conformance-packets.ts'
import { Prop } from '../../support/conformance-properties.ts'
import { openWire } from '../../support/conformance-wire.ts'
import type { Target } from '../../support/conformance-wire.ts'
import type { Script, Step } from './session-script.ts'

const LASTING_SECONDS = 600

/**
 * Plays a script against one broker and keeps what its clients were told: the answers to each step, and the messages that
 * came with it. Topics and Client Identifiers have a prefix of this player's own.
 */
export class ScriptPlayer {
  readonly #target: Target
  readonly #script: Script
  readonly #prefix: string
  readonly #clients: (ConformanceClient | undefined)[] = []
  /** Payload of the will that each client left with its CONNECT. */
  readonly #wills: (string | undefined)[] = []
  /** Sees every message, and thereby when a broker has noticed that a connection is lost; not in the transcript. */
  #observer: ConformanceClient | undefined = undefined
  #answer = ''

  constructor(target: Target, script: Script, prefix: string) {
    this.#target = target
    this.#script = script
    this.#prefix = prefix
  }

  /** Takes one step; it has been answered, and every client heard of once more, when this resolves. */
  async play(step: Step): Promise<void> {
    this.#observer ??= await this.#observe()
    for (const client of [this.#observer, ...this.#clients]) client?.forget('publish')
    this.#answer = await this.#take(step)
    const connected = this.#clients.filter(client => client !== undefined)
    for (let round = 0; round < 2; round++) await Promise.all(connected.map(client => client.ping()))
  }

  /** What this step has brought so far. The order between messages of different publishers is nobody's promise. */
  transcript(): readonly string[] {
    const messages = this.#clients.map((client, index) => {
      const lines = merge(client?.untaken('publish') ?? []).map(line => line.replaceAll(`${this.#prefix}/`, ''))
      return `${index}: ${lines.toSorted().join(', ')}`
    })
    return [this.#answer, ...messages]
  }

  /** Ends all clients and their sessions, and takes back what was retained. */
  async close(topics: readonly string[]): Promise<void> {
    for (const client of [this.#observer, ...this.#clients]) client?.lose()
    for (const [index, version] of this.#script.versions.entries()) {
      const client = await this.#open(index)
      client.send(connectBytes(version, { clientId: client.clientId }))
      await client.expect('connack')
      if (index === 0)
        for (const topic of topics) await client.publish(`${this.#prefix}/${topic}`, '', { qos: 1, retain: true })
      client.lose()
    }
  }

  async #take(step: Step): Promise<string> {
    if (step.kind === 'connect') return this.#connect(step)
    const client = this.#clients[step.client]
    if (client === undefined) throw new Error('the script is not legal')
    switch (step.kind) {
      case 'subscribe':
        return `granted ${(await client.subscribe(`${this.#prefix}/${step.filter}`, step.options)).join()}`
      case 'unsubscribe':
        return `unsubscribed ${(await client.unsubscribe(`${this.#prefix}/${step.filter}`)).join()}`
      case 'publish':
        await client.publish(`${this.#prefix}/${step.topic}`, step.payload, { qos: step.qos, retain: step.retain })
        return 'published'
      case 'disconnect':
        await client.disconnect()
        this.#clients[step.client] = undefined
        return 'disconnected'
      case 'lose':
        client.lose()
        this.#clients[step.client] = undefined
        await this.#willOf(step.client)
        return 'lost'
    }
  }

  async #observe(): Promise<ConformanceClient> {
    const observer = new ConformanceClient(5, `${this.#prefix}observer`)
    observer.attach(await openWire(this.#target, observer))
    observer.send(connectBytes(5, { clientId: observer.clientId }))
    await observer.expect('connack')
    await observer.subscribe(`${this.#prefix}/#`)
    return observer
  }

  /** Resolves when the will of a client that was lost has been published. */
  async #willOf(client: number): Promise<void> {
    const payload = this.#wills[client]
    if (payload !== undefined)
      await this.#observer?.expect('publish', message => message.payload.toString() === payload)
  }

  async #connect(step: Extract<Step, { readonly kind: 'connect' }>): Promise<string> {
    const before = this.#clients[step.client]
    const client = await this.#open(step.client)
    const expiry = client.version === 5 && step.lasting ? [Prop.sessionExpiryInterval(LASTING_SECONDS)] : []
    const fields: ConnectFields = { clientId: client.clientId, cleanStart: step.clean, properties: expiry }
    const { will } = step
    client.send(
      connectBytes(
        client.version,
        will === undefined ? fields : { ...fields, will: { ...will, topicName: `${this.#prefix}/${will.topic}` } },
      ),
    )
    const { sessionPresent } = await client.expect('connack')
    await before?.expectClosed()
    this.#clients[step.client] = client
    this.#wills[step.client] = will?.payload
    return `connected, session ${sessionPresent ? 'present' : 'new'}`
  }

  async #open(index: number): Promise<ConformanceClient> {
    const client = new ConformanceClient(this.#script.versions[index] ?? 4, `${this.#prefix}c${index}`)
    return client.attach(await openWire(this.#target, client))
  }
}

/** Copies of one message become one, at the highest QoS: how many there are is for the server to choose. One that is retained
 * only in some of its copies came both as an ordinary message and for a new subscription, which may cross. */
function merge(messages: readonly PacketOf<'publish'>[]): readonly string[] {
  const copies = Map.groupBy(messages, ({ topic, payload }) => `${topic} ${payload.toString()}`)
  return Array.from(copies, ([name, all]) => {
    const qos = Math.max(...all.map(message => message.qos))
    return `${name} q${qos}${all.every(({ retain }) => retain) ? ' retained' : ''}`
  })
}
