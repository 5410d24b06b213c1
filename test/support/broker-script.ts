import assert from 'node:assert/strict'
import fc from 'fast-check'
import { matches, parseSharedFilter } from '../../src/protocol/topic.ts'
import { TestBrokers } from './test-broker.ts'
import { connectPacket, subscribePacket, type WireClient } from './wire-client.ts'

const TOPIC = 'a'
const WORKERS_MAX = 3
const clientIds = ['c1', 'c2', 'c3'] as const
const kinds = [
  'connect',
  'connect',
  'connect',
  'subscribe',
  'subscribe',
  'publish',
  'unsubscribe',
  'lose',
  'disconnect',
  'pass',
  'cut',
  'cut',
  'join',
  'grow',
] as const

const step = fc.record({
  kind: fc.constantFrom(...kinds),
  clientId: fc.constantFrom(...clientIds),
  at: fc.nat(WORKERS_MAX - 1),
  topicFilter: fc.constantFrom(TOPIC, 'a/#', '+', '$share/g/a', '$share/g/+'),
  qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
  sessionExpiry: fc.constantFrom(0, 5, 100),
  clean: fc.boolean(),
  will: fc.boolean(),
  settled: fc.boolean(),
})

type Step = typeof step extends fc.Arbitrary<infer Made> ? Made : never

/** What clients do, and what happens to the links between the workers meanwhile. */
export const scripts: fc.Arbitrary<Step[]> = fc.array(step, { maxLength: 40 })

interface ScriptClient {
  readonly clientId: string
  readonly persistent: boolean
  readonly wire: WireClient
}

/** Plays a script on two workers, and a third where it says so. */
export class BrokerScript {
  readonly brokers: TestBrokers
  readonly #clients: ScriptClient[] = []
  #packetId = 0

  private constructor(brokers: TestBrokers) {
    this.brokers = brokers
  }

  static async play(steps: readonly Step[]): Promise<BrokerScript> {
    const script = new BrokerScript(await TestBrokers.start(2))
    for (const next of steps) {
      await script.#play(next)
      if (next.settled) await script.brokers.settle()
    }
    await script.#rejoin()
    return script
  }

  get openClients(): number {
    return this.#clients.filter(({ wire }) => wire.open).length
  }

  loseAll(): void {
    for (const { wire } of this.#clients) wire.connection.lose()
  }

  /** What is published at any worker reaches the persistent sessions that the store has a subscription of, and no others. */
  async assertRoutesAgree(): Promise<void> {
    const { brokers } = this
    const { ordinary, others } = await this.#wanted()
    for (const { clientId, persistent, wire } of this.#clients) if (wire.open && !persistent) others.add(clientId)
    for (const [at, { address }] of brokers.workers.entries()) {
      const publisher = await brokers.connect(`publisher ${at}`, { at })
      await publisher.publish(TOPIC, address, { qos: 1 })
      await publisher.disconnect()
      for (const clientId of clientIds) {
        if (others.has(clientId)) continue
        const what = `${clientId} from ${address}, wanted by ${[...ordinary].join(' ') || 'nobody'}`
        assert.equal(await this.#got(clientId, address), ordinary.has(clientId), what)
      }
    }
  }

  async #play({ kind, clientId, at, topicFilter, qos, sessionExpiry, clean, will }: Step): Promise<void> {
    const { brokers } = this
    const client = this.#clients.findLast(({ wire }) => wire.open)?.wire
    const messageId = ++this.#packetId
    const here = at % brokers.workers.length
    const link = [`node/${here}`, `node/${(here + 1) % brokers.workers.length}`] as const
    switch (kind) {
      case 'connect': {
        const wire = brokers.open(here)
        const fields = { clean, properties: { sessionExpiryInterval: sessionExpiry } }
        const lastWords = { topic: TOPIC, payload: 'gone', qos, properties: { willDelayInterval: qos } }
        wire.send(connectPacket(clientId, 5, will ? { ...fields, will: lastWords } : fields))
        this.#clients.push({ clientId, persistent: sessionExpiry > 0, wire })
        return
      }
      case 'subscribe':
        return client?.send(subscribePacket(messageId, topicFilter, { qos }))
      case 'unsubscribe':
        return client?.send({ cmd: 'unsubscribe', messageId, unsubscriptions: [topicFilter] })
      case 'publish':
        return void client?.sendPublish(TOPIC, 'x', { qos, retain: will })
      case 'lose':
        return client?.connection.lose()
      case 'disconnect':
        return client?.send({ cmd: 'disconnect', reasonCode: 0, properties: clean ? { sessionExpiryInterval: 0 } : {} })
      case 'cut':
        return brokers.network.hold(...link)
      case 'join':
        return brokers.network.release(...link)
      case 'grow':
        if (brokers.workers.length < WORKERS_MAX) await brokers.addWorker()
        return
      case 'pass':
        // A link that is silent for seconds is a peer that is down, which is another story.
        await this.#rejoin()
        return brokers.pass(3_000)
    }
  }

  async #rejoin(): Promise<void> {
    const addresses = this.brokers.workers.map(({ address }) => address)
    for (const one of addresses) for (const other of addresses) this.brokers.network.release(one, other)
    await this.brokers.settle()
  }

  /** Persistent sessions that the store says want the topic in their queue, and those that may get it in other ways. */
  async #wanted(): Promise<{ readonly ordinary: ReadonlySet<string>; readonly others: Set<string> }> {
    const ordinary = new Set<string>()
    const others = new Set<string>()
    for await (const page of this.brokers.store.subscriptions.all()) {
      for (const { clientId, subscription } of page) {
        const { topicFilter, qos } = subscription
        if (qos === 0 || parseSharedFilter(topicFilter) !== undefined) others.add(clientId)
        else if (matches(topicFilter, TOPIC)) ordinary.add(clientId)
      }
    }
    return { ordinary, others }
  }

  async #got(clientId: string, payload: string): Promise<boolean> {
    const queued = await this.brokers.store.queues.read(clientId, 0, 1_000)
    if (queued.some(({ message }) => message.payload.toString() === payload)) return true
    const received = this.#clients.filter(client => client.clientId === clientId).flatMap(({ wire }) => wire.received)
    return received.some(packet => packet.cmd === 'publish' && packet.payload.toString() === payload)
  }
}
