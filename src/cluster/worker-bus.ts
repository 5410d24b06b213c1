import { ClusterBus } from '../bus/cluster-bus.ts'
import { HostBus } from '../bus/host-bus.ts'
import type { MeshOptions } from '../bus/host-mesh.ts'
import { RedisBus, type RedisBusOwner } from '../bus/redis/redis-bus.ts'
import type { Settings } from '../config/settings-type.ts'
import type { Bus, WorkerAddress } from '../ports/bus.ts'
import type { Random } from '../ports/clock.ts'
import { makeRedisConnections } from './redis-connection.ts'

/** What the bus of a worker is made of. */
export interface WorkerBusParts extends MeshOptions {
  readonly settings: Settings
  readonly random: Random
  readonly owner: RedisBusOwner
}

/** The bus of a worker: within its host, and to the other nodes where there are any. */
export class WorkerBus {
  readonly bus: Bus
  readonly #self: WorkerAddress
  readonly #host: HostBus
  readonly #remote: RedisBus | undefined
  #hostPeers: readonly WorkerAddress[] = []

  private constructor(host: HostBus, remote: RedisBus | undefined) {
    this.#self = host.self
    this.#host = host
    this.#remote = remote
    this.bus = remote === undefined ? host : new ClusterBus(host, remote)
  }

  /** Opens the bus; it has no peers until it joins them. */
  static async open(parts: WorkerBusParts): Promise<WorkerBus> {
    return new WorkerBus(await HostBus.open(parts), remoteBus(parts))
  }

  /** The workers of this node as they are now, this one among them; those that are no more are dead. */
  setPeers(addresses: readonly WorkerAddress[]): void {
    const peers = addresses.filter(address => address !== this.#self)
    for (const peer of this.#hostPeers) if (!peers.includes(peer)) this.#remote?.bury(peer)
    this.#hostPeers = peers
    this.#host.setPeers(peers)
  }

  /** Joins the other nodes; resolves once Redis knows this worker. */
  async join(): Promise<void> {
    await this.#remote?.join()
  }

  /** Whether every worker that is known can be sent to. */
  get linked(): boolean {
    const here = this.#host.peers()
    return this.#hostPeers.every(peer => here.includes(peer)) && (this.#remote?.linked ?? true)
  }

  close(): Promise<void> {
    return this.bus.close()
  }
}

function remoteBus(parts: WorkerBusParts): RedisBus | undefined {
  const { settings, random } = parts
  const { redisUrl, redisCaFile, clusterName, heartbeatMs, deadAfterMs } = settings
  if (redisUrl === undefined) return undefined
  const { commands, subscriber } = makeRedisConnections({ redisUrl, redisCaFile, deadAfterMs }, random)
  return new RedisBus({ ...parts, commands, subscriber, clusterName, heartbeatMs, deadAfterMs })
}
