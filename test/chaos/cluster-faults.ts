import { setTimeout as sleep } from 'node:timers/promises'
import type { FakeRandom } from '../support/fake-clock.ts'
import { waitFor } from '../support/wait-for.ts'
import type { ChaosCluster, ChaosNode } from './chaos-cluster.ts'

/** What a fault works on. */
export interface FaultScene {
  readonly cluster: ChaosCluster
  readonly random: FakeRandom
  /** How long a node is cut off from Redis. */
  readonly cutOffMs: number
  /** A node will be given up by the others. */
  readonly givenUp: (node: ChaosNode) => void
}

/** Does its harm, and resolves when what was broken is whole again. */
export type Fault = (scene: FaultScene) => Promise<void>

/** The slowest of all. */
export const ROLLING_RESTART = 'all nodes restart, one after the other'

/** The faults of a cluster by their names. */
export const clusterFaults: Readonly<Record<string, Fault>> = {
  'a worker is killed': killWorker,
  'a node is cut off from Redis': cutOff,
  'Redis is killed': killRedis,
  'a node is killed': killNode,
  'the connections of a node to Redis break': breakConnections,
  'Redis closes all connections': closeConnections,
  [ROLLING_RESTART]: rollingRestart,
}

/** `count` names of faults in an order that follows from `random`, each kind as often as any other, or once more. */
export function drawFaults(count: number, random: FakeRandom, without: readonly string[] = []): readonly string[] {
  const drawn: string[] = []
  while (drawn.length < count) {
    const kinds = Object.keys(clusterFaults).filter(kind => !without.includes(kind))
    while (kinds.length > 0) drawn.push(...kinds.splice(Math.floor(random.fraction() * kinds.length), 1))
  }
  return drawn.slice(0, count)
}

async function killWorker({ cluster, random }: FaultScene): Promise<void> {
  const { guardbee } = anyNode(cluster, random)
  const { startedWorkers } = guardbee
  const ended = new Set(guardbee.eventsNamed('worker ended and is forked again').map(({ fields }) => fields['pid']))
  const alive = startedWorkers.filter(({ pid }) => !ended.has(pid))
  const victim = alive[Math.floor(random.fraction() * alive.length)]
  if (victim === undefined) throw new Error('there is no worker to kill')
  process.kill(victim.pid, 'SIGKILL')
  await waitFor('another worker', () => guardbee.startedWorkers.length > startedWorkers.length)
}

async function killNode({ cluster, random }: FaultScene): Promise<void> {
  const node = anyNode(cluster, random)
  node.guardbee.program.kill('SIGKILL')
  for (const { pid } of node.guardbee.startedWorkers) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // An earlier one, or one that has followed the primary already.
    }
  }
  await node.guardbee.program.ended
  await cluster.startAgain(node)
}

async function killRedis({ cluster, random }: FaultScene): Promise<void> {
  await cluster.redis.kill()
  await sleep(random.fraction() * 3_000)
  await cluster.redis.restart()
}

async function breakConnections({ cluster, random }: FaultScene): Promise<void> {
  anyNode(cluster, random).way.cut()
}

async function closeConnections({ cluster }: FaultScene): Promise<void> {
  for (const type of ['normal', 'pubsub']) await cluster.redis.command('CLIENT', 'KILL', 'TYPE', type)
}

async function cutOff({ cluster, random, cutOffMs, givenUp }: FaultScene): Promise<void> {
  const node = anyNode(cluster, random)
  givenUp(node)
  node.way.silence()
  await sleep(cutOffMs)
  node.way.mend()
}

async function rollingRestart({ cluster }: FaultScene): Promise<void> {
  for (const node of cluster.nodes) {
    await node.guardbee.stop()
    await cluster.startAgain(node)
    await cluster.ready()
  }
}

function anyNode({ nodes }: ChaosCluster, random: FakeRandom): ChaosNode {
  const node = nodes[Math.floor(random.fraction() * nodes.length)]
  if (node === undefined) throw new Error('there are no nodes')
  return node
}
