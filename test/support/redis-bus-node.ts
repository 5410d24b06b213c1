import { RedisBus } from '../../src/bus/redis/redis-bus.ts'
import { makeRedisConnections } from '../../src/cluster/redis-connection.ts'
import { EndOfTick } from '../../src/core/end-of-tick.ts'
import type { WorkerAddress } from '../../src/ports/bus.ts'
import type { Clock } from '../../src/ports/clock.ts'
import { SlabPool } from '../../src/protocol/slab-pool.ts'
import { systemClock } from '../../src/telemetry/system-clock.ts'
import { systemRandom } from '../../src/telemetry/system-random.ts'
import type { ReceivedFrame } from './bus-worker.ts'
import { keptFrame } from './kept-frame.ts'
import { RecordingLog } from './recording-log.ts'
import { waitFor, within } from './wait-for.ts'

/** How the bus of a node differs from the others. */
export interface RedisNodeOptions {
  readonly url: string
  readonly caFile?: string
  readonly self: WorkerAddress
  readonly clusterName?: string
  readonly heartbeatMs?: number
  readonly deadAfterMs?: number
  readonly waitingBytesMax?: number
  readonly clock?: Clock
}

/** A worker of another node: its bus over a real Redis, with everything that it reported. */
export class RedisNode {
  readonly bus: RedisBus
  readonly log = new RecordingLog()
  readonly frames: ReceivedFrame[] = []
  /** `+<address>` for a peer that came up, `-<address>` for one that went down. */
  readonly changes: string[] = []
  readonly estates: WorkerAddress[] = []
  /** What it said of Redis. */
  readonly states: boolean[] = []
  readonly whys: string[] = []
  buried = false

  constructor({ url, caFile, self, ...options }: RedisNodeOptions) {
    const deadAfterMs = options.deadAfterMs ?? 60_000
    const { commands, subscriber } = makeRedisConnections(
      { redisUrl: url, redisCaFile: caFile, deadAfterMs },
      systemRandom,
    )
    this.bus = new RedisBus({
      clusterName: 'test',
      heartbeatMs: 100,
      clock: systemClock,
      ...options,
      deadAfterMs,
      self,
      commands,
      subscriber,
      random: systemRandom,
      log: this.log,
      slabs: new SlabPool(),
      endOfTick: new EndOfTick(task => void setImmediate(task)),
      owner: {
        onState: (up, why) => {
          this.states.push(up)
          this.whys.push(why)
        },
        onBuried: () => {
          this.buried = true
        },
        onEstate: async worker => void this.estates.push(worker),
      },
    })
    this.bus.onFrame((from, frame) => this.frames.push({ from, frame: keptFrame(frame) }))
    this.bus.onPeer((peer, up) => this.changes.push(`${up ? '+' : '-'}${peer}`))
  }

  async join(): Promise<this> {
    await within(`${this.bus.self} to join`, this.bus.join())
    return this
  }

  async reported(change: string, times = 1): Promise<void> {
    await waitFor(
      `${this.bus.self} to report ${change}`,
      () => this.changes.filter(seen => seen === change).length >= times,
    )
  }
}

/** Nodes `node-1/1` to `node-<count>/1`, all up for each other. */
export async function joinNodes(count: number, options: Omit<RedisNodeOptions, 'self'>): Promise<RedisNode[]> {
  const nodes = Array.from({ length: count }, (_, i) => new RedisNode({ ...options, self: `node-${i + 1}/1` }))
  await Promise.all(nodes.map(node => node.join()))
  await waitFor('the nodes to know each other', () => nodes.every(({ bus }) => bus.peers().length === count - 1))
  return nodes
}
