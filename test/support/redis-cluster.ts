import { freePort } from './free-port.ts'
import { RedisServer } from './redis-server.ts'
import { waitFor } from './wait-for.ts'

const SLOTS = 16_384
const SERVERS = 3

/** A real Redis Cluster of three servers on the loopback. */
export class RedisCluster {
  readonly servers: readonly RedisServer[]

  private constructor(servers: readonly RedisServer[]) {
    this.servers = servers
  }

  static async start(): Promise<RedisCluster> {
    const clusterPorts = await Promise.all(Array.from({ length: SERVERS }, () => freePort()))
    const servers = await Promise.all(
      clusterPorts.map(clusterPort =>
        RedisServer.start(undefined, { 'cluster-enabled': 'yes', 'cluster-port': clusterPort }),
      ),
    )
    const cluster = new RedisCluster(servers)
    await cluster.#meet(clusterPorts)
    return cluster
  }

  /** Two of the servers: the others are found. */
  get url(): string {
    const [first, second] = this.servers
    return `redis://127.0.0.1:${first?.port},127.0.0.1:${second?.port}`
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map(server => server.stop()))
  }

  async #meet(clusterPorts: readonly number[]): Promise<void> {
    for (const [index, server] of this.servers.entries()) {
      const [start, end] = [index, index + 1].map(part => Math.ceil((part * SLOTS) / SERVERS))
      await server.command('CLUSTER', 'ADDSLOTSRANGE', String(start), String((end ?? SLOTS) - 1))
      await this.servers[0]?.command('CLUSTER', 'MEET', '127.0.0.1', String(server.port), String(clusterPorts[index]))
    }
    for (const server of this.servers) {
      await waitFor('the Redis Cluster to be whole', async () => {
        const known = String(await server.command('CLUSTER', 'INFO'))
        return known.includes('cluster_state:ok') && known.includes(`cluster_known_nodes:${SERVERS}`)
      })
    }
  }
}
