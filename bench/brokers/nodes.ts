import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { BrokerNeeds, RunningBroker } from './broker.ts'
import { freePort, isOpen } from './ports.ts'
import { Program } from './program.ts'

/** A node of several that share a Redis. */
export interface ClusterNode {
  readonly name: string
  readonly redisPort: number
}

const REDIS_READY_SECONDS = 10

/** Starts a broker that is alone, or a Redis in memory and so many nodes on it, which count as one broker. */
export async function startNodes(
  needs: BrokerNeeds,
  start: (needs: BrokerNeeds, node: ClusterNode | undefined) => Promise<RunningBroker>,
): Promise<RunningBroker> {
  if (needs.nodes === 0) return await start(needs, undefined)
  const redisPort = await freePort()
  const redis = new Program({
    command: 'redis-server',
    args: ['--port', String(redisPort), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    cores: needs.cores,
    folder: needs.folder,
  })
  const nodes: RunningBroker[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map(node => node.stop()))
    await redis.stop()
  }
  try {
    await redis.untilReady(() => isOpen(redisPort), REDIS_READY_SECONDS)
    // One after the other: each is ready when it knows those before it.
    for (let number = 1; number <= needs.nodes; number += 1) {
      const name = `node-${number}`
      const folder = path.join(needs.folder, name)
      await mkdir(folder)
      nodes.push(await start({ ...needs, folder }, { name, redisPort }))
    }
  } catch (error) {
    await stop()
    throw error
  }
  return {
    addresses: transport => nodes.flatMap(node => node.addresses(transport)),
    redisPort,
    pids: () => [...nodes.flatMap(node => node.pids()), ...redis.pids()],
    stop,
  }
}
