import { setTimeout as sleep } from 'node:timers/promises'
import { FakeRandom } from '../support/fake-clock.ts'
import { waitFor } from '../support/wait-for.ts'
import { ChaosCluster } from './chaos-cluster.ts'
import { ChaosConnection } from './chaos-connection.ts'
import { ChaosPublisher } from './chaos-publisher.ts'
import { booksOf, lostOf } from './chaos-run.ts'
import { ChaosSubscriber } from './chaos-subscriber.ts'
import { clusterFaults } from './cluster-faults.ts'
import { LiveSubscriber } from './live-subscriber.ts'

/** What a run is told. */
export interface ClusterPlan {
  readonly seed: number
  /** Names of faults, in their order. */
  readonly faults: readonly string[]
  readonly cutOffMs: number
  /** Is told what happens. */
  readonly tell: (line: string) => void
}

/** What the books and the broker say in the end. */
export interface ClusterBooks {
  readonly acknowledged: number
  readonly delivered: number
  /** Connections of the subscribers without a persistent session. */
  readonly liveConnections: number
  readonly lost: readonly string[]
  readonly lostLive: readonly string[]
  readonly doubled: readonly string[]
  readonly doubledLive: readonly string[]
  readonly outOfOrder: readonly string[]
  readonly sessionsLost: number
  /** What the counters of the broker say, and what the books say of the same. */
  readonly counted: Readonly<Record<string, number>>
  readonly expected: Readonly<Record<string, number>>
}

const PER_SECOND = 50
const IDLE_CLIENTS = 40
const SERVED = 0.99
const SETTLE_MS = 60_000
const LAST_MESSAGES = 50

/** Everybody who takes part in a run. */
interface Cast {
  readonly publishers: readonly ChaosPublisher[]
  readonly subscribers: readonly ChaosSubscriber[]
  readonly live: readonly LiveSubscriber[]
  readonly idle: readonly ChaosConnection[]
}

/** Runs a cluster under load through faults, one after the other; then lets all come to an end and compares the books. */
export async function runClusterChaos({ seed, faults, cutOffMs, tell }: ClusterPlan): Promise<ClusterBooks> {
  const random = new FakeRandom(seed)
  const cluster = await ChaosCluster.start()
  const { nextPort } = cluster
  const subscribers = ['alice', 'bob', 'carol'].map(name => new ChaosSubscriber(name, nextPort))
  const live = ['dave', 'erin', 'frank', 'grace'].map(name => new LiveSubscriber(name, nextPort))
  const idle = Array.from({ length: IDLE_CLIENTS }, (_, index) =>
    idleClient(`idle-${index}`, index % 2 === 0, nextPort),
  )
  const publishers: ChaosPublisher[] = []
  const cast = { publishers, subscribers, live, idle }
  try {
    await waitFor('subscriptions', () => subscribers.every(one => one.subscribed) && live.every(one => one.served))
    publishers.push(...publishersAt(nextPort))
    for (const name of faults) {
      await sleep(500 + random.fraction() * 1_000)
      const startedAtMs = performance.now()
      const givenUp = ({ port }: { readonly port: number }): void => live.forEach(one => one.excuse(port))
      await clusterFaults[name]?.({ cluster, random, cutOffMs, givenUp })
      await waitFor(`99 % of the clients after: ${name}`, () => served(cast, startedAtMs) >= SERVED, SETTLE_MS)
      tell(`${name}: ${Math.round(performance.now() - startedAtMs)} ms until 99 % of the clients were served`)
      await cluster.ready()
    }
    await waitFor('the last acknowledgements', () => publishers.every(one => one.finish()), SETTLE_MS)
    await waitFor('the last deliveries', () => lostOf(publishers, subscribers).length === 0, SETTLE_MS).catch(() => {})
    const { counted, expected } = await counters(cluster, cast)
    return {
      ...booksOf(publishers, subscribers),
      liveConnections: live.reduce((sum, { connections }) => sum + connections, 0),
      lostLive: live.flatMap(one => one.lost(publishers)),
      doubledLive: live.flatMap(one => one.doubled(publishers)),
      counted,
      expected,
    }
  } finally {
    for (const one of idle) one.stop()
    await Promise.all([...publishers, ...subscribers, ...live].map(client => client.stop()))
    await cluster.stop()
  }
}

function publishersAt(nextPort: () => number): readonly ChaosPublisher[] {
  const common = { nextPort, perSecond: PER_SECOND }
  return [
    new ChaosPublisher({ ...common, name: 'once', qos: 1 }),
    new ChaosPublisher({ ...common, name: 'again', qos: 1, retain: true }),
    new ChaosPublisher({ ...common, name: 'exactly', qos: 2 }),
    new ChaosPublisher({ ...common, name: 'twice', qos: 2 }),
  ]
}

/** Is connected, or tries to be. */
function idleClient(clientId: string, persistent: boolean, nextPort: () => number): ChaosConnection {
  const client = new ChaosConnection({ clientId, nextPort, persistent }, { connected: () => {}, received: () => {} })
  void client.run()
  return client
}

/** The part of the clients that is connected, and of the publishers that have been answered since. */
function served({ publishers, subscribers, live, idle }: Cast, sinceMs: number): number {
  const each = [
    ...publishers.map(one => one.served && one.lastAcknowledgedAtMs > sinceMs),
    ...subscribers.map(one => one.served),
    ...live.map(one => one.served),
    ...idle.map(one => one.connectedTo !== undefined),
  ]
  return each.filter(Boolean).length / each.length
}

/** Publishes some more, with everything whole, and holds what the broker counts against what the books say. */
async function counters(
  cluster: ChaosCluster,
  { publishers, subscribers, live, idle }: Cast,
): Promise<Pick<ClusterBooks, 'counted' | 'expected'>> {
  const flows = ['guardbee_messages_received_total', 'guardbee_messages_sent_total']
  const clients = publishers.length + subscribers.length + live.length + idle.length
  await waitFor('all clients', async () => (await cluster.metric('guardbee_connections')) === clients, SETTLE_MS)
  await waitFor('empty queues', async () => (await cluster.queuedMessages()) === 0, SETTLE_MS)
  const before = await Promise.all(flows.map(line => cluster.metric(line)))
  const last = new ChaosPublisher({ name: 'last', qos: 1, nextPort: cluster.nextPort, messagesMax: LAST_MESSAGES })
  await waitFor('the last messages', () => last.acknowledged.size === LAST_MESSAGES)
  await waitFor('their deliveries', () => lostOf([last], subscribers).length === 0 && live.every(one => one.has(last)))
  await last.stop()
  await waitFor('its end', async () => (await cluster.metric('guardbee_connections')) === clients)
  const after = await Promise.all(flows.map(line => cluster.metric(line)))
  const gauges = ['guardbee_sessions_connected', 'guardbee_subscriptions']
  const standing = await Promise.all(gauges.map(line => cluster.metric(line)))
  const receivers = subscribers.length + live.length
  return {
    counted: {
      received: (after[0] ?? 0) - (before[0] ?? 0),
      sent: (after[1] ?? 0) - (before[1] ?? 0),
      sessions: standing[0] ?? 0,
      subscriptions: standing[1] ?? 0,
      queued: await cluster.queuedMessages(),
    },
    expected: {
      received: LAST_MESSAGES,
      sent: LAST_MESSAGES * receivers,
      sessions: clients,
      subscriptions: receivers,
      queued: 0,
    },
  }
}
