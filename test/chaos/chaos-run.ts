import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { FakeRandom } from '../support/fake-clock.ts'
import { freePort } from '../support/free-port.ts'
import { type GuardbeeProcess, startGuardbee } from '../support/guardbee-process.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { ChaosPublisher } from './chaos-publisher.ts'
import { ChaosSubscriber } from './chaos-subscriber.ts'

/** What a chaos run is told. */
export interface ChaosPlan {
  readonly seed: number
  readonly kills: number
  readonly durability: 'fsync' | 'os'
  /** Longest time between two kills. */
  readonly betweenMs: number
}

/** What the books say. */
export interface ChaosBooks {
  readonly acknowledged: number
  readonly delivered: number
  readonly workerKills: number
  readonly hostKills: number
  /** Acknowledged and never delivered to a subscriber. */
  readonly lost: readonly string[]
  /** QoS 2, delivered more than once. */
  readonly doubled: readonly string[]
  readonly outOfOrder: readonly string[]
  readonly sessionsLost: number
}

/** Lets everybody in: clients of a chaos run are not what is tested. */
export const OPEN_DOOR = `<?xml version="1.0" encoding="UTF-8" ?>
<enterprise-security-extension version="1">
  <pipelines>
    <listener-pipeline name="open" listener="ALL">
      <allow-all-authentication-manager/>
      <allow-all-authorization-manager/>
    </listener-pipeline>
  </pipelines>
</enterprise-security-extension>`

const SETTLE_MS = 60_000

/**
 * Runs a broker with two workers under load and kills a worker, or all of it, again and again at random moments, in turn;
 * then lets everything come to an end and compares the books of publishers and subscribers.
 */
export async function runChaos(plan: ChaosPlan): Promise<ChaosBooks> {
  const random = new FakeRandom(plan.seed)
  const folder = await makeTemporaryFolder()
  const port = await freePort()
  const securityFile = path.join(folder.path, 'open.xml')
  await writeFile(securityFile, OPEN_DOOR)
  const start = (): Promise<GuardbeeProcess> =>
    startGuardbee({
      GUARDBEE_SECURITY_FILE: securityFile,
      GUARDBEE_DATA_DIR: path.join(folder.path, 'data'),
      GUARDBEE_DURABILITY: plan.durability,
      GUARDBEE_MQTT_PORT: String(port),
      GUARDBEE_WS_PORT: '',
      GUARDBEE_ADMIN_PORT: '',
      // The publishers have more than HiveMQ's 10 on their way.
      GUARDBEE_RECEIVE_MAXIMUM: '64',
      GUARDBEE_QUEUE_MESSAGES_MAX: '1000000',
      GUARDBEE_QUEUE_BYTES_MAX: String(2 ** 30),
    })
  let broker = await start()
  const subscribers = ['alice', 'bob', 'carol'].map(name => new ChaosSubscriber(name, () => port))
  const publishers: ChaosPublisher[] = []
  try {
    await waitFor('subscriptions', () => subscribers.every(({ subscribed }) => subscribed))
    publishers.push(
      new ChaosPublisher({ name: 'once', qos: 1, nextPort: () => port }),
      new ChaosPublisher({ name: 'again', qos: 1, retain: true, nextPort: () => port }),
      new ChaosPublisher({ name: 'exactly', qos: 2, nextPort: () => port }),
      new ChaosPublisher({ name: 'twice', qos: 2, nextPort: () => port }),
    )
    let hostKills = 0
    for (let kill = 0; kill < plan.kills; kill++) {
      await sleep(100 + random.fraction() * plan.betweenMs)
      subscribers[Math.floor(random.fraction() * subscribers.length)]?.cut()
      if (kill % 2 === 1) await killWorker(broker, random)
      else {
        await killEverything(broker)
        await broker.destroy()
        broker = await start()
        hostKills++
      }
    }
    await waitFor('the last acknowledgements', () => publishers.every(one => one.finish()), SETTLE_MS)
    await waitFor('the last deliveries', () => lostOf(publishers, subscribers).length === 0, SETTLE_MS).catch(() => {})
    return { ...booksOf(publishers, subscribers), hostKills, workerKills: plan.kills - hostKills }
  } finally {
    await Promise.all([...publishers, ...subscribers].map(client => client.stop()))
    await broker.destroy()
    await folder.remove()
  }
}

async function killWorker(broker: GuardbeeProcess, random: FakeRandom): Promise<void> {
  const { startedWorkers } = broker
  const last = startedWorkers.slice(-2)
  const victim = last[Math.floor(random.fraction() * last.length)]
  if (victim === undefined) return
  process.kill(victim.pid, 'SIGKILL')
  await waitFor('another worker', () => broker.startedWorkers.length > startedWorkers.length)
}

/** The primary first or last, as it happens; nobody gets to say anything. */
async function killEverything(broker: GuardbeeProcess): Promise<void> {
  broker.program.kill('SIGKILL')
  for (const { pid } of broker.startedWorkers) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // An earlier one, or one that has followed the primary already.
    }
  }
  await broker.program.ended
}

/** What was acknowledged and is not in the books of a subscriber of a persistent session. */
export function lostOf(
  publishers: readonly ChaosPublisher[],
  subscribers: readonly ChaosSubscriber[],
): readonly string[] {
  return publishers.flatMap(({ name, acknowledged }) =>
    [...acknowledged].flatMap(number => {
      const payload = `${name} ${number}`
      return subscribers.filter(({ deliveries }) => !deliveries.has(payload)).map(one => `${payload} to ${one.name}`)
    }),
  )
}

/** The books of publishers and subscribers, compared. */
export function booksOf(
  publishers: readonly ChaosPublisher[],
  subscribers: readonly ChaosSubscriber[],
): Omit<ChaosBooks, 'hostKills' | 'workerKills'> {
  const exactlyOnce = new Set(publishers.filter(({ qos }) => qos === 2).map(({ name }) => name))
  const doubled = subscribers.flatMap(({ name, deliveries }) =>
    [...deliveries]
      .filter(([payload, times]) => times > 1 && exactlyOnce.has(payload.split(' ')[0] ?? ''))
      .map(([payload, times]) => `${payload} to ${name} ${times} times`),
  )
  return {
    acknowledged: publishers.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0),
    delivered: subscribers.reduce((sum, { deliveries }) => sum + deliveries.size, 0),
    lost: lostOf(publishers, subscribers),
    doubled,
    outOfOrder: subscribers.flatMap(({ name, outOfOrder }) => outOfOrder.map(payload => `${payload} to ${name}`)),
    sessionsLost: [...publishers, ...subscribers].reduce((sum, { sessionsLost }) => sum + sessionsLost, 0),
  }
}
