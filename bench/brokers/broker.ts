import type { IssuerFacts } from '../issuer/issuer.ts'
import type { Address, Transport } from '../load/link.ts'

/**
 * Where a broker keeps what outlives a connection: in memory, with the operating system, or on the disk before it is
 * acknowledged.
 */
export type Durability = 'memory' | 'os' | 'fsync'

/** What a run needs of the broker it starts. */
export interface BrokerNeeds {
  /** Processes or threads that serve clients. */
  /** Of each node. */
  readonly workers: number
  /** Nodes that share a Redis; 0: one that is alone. */
  readonly nodes: number
  readonly durability: Durability
  /** Cores that the broker and all its processes are held to, as `taskset` takes them; undefined: all. */
  readonly cores: string | undefined
  /** Clients bring tokens of this issuer; undefined: everyone is let in. */
  readonly issuer: IssuerFacts | undefined
  /** Tokens are introspected instead of verified. */
  readonly introspects: boolean
  /** A folder of its own that is removed afterwards. */
  readonly folder: string
}

/** A broker that runs. */
export interface RunningBroker {
  /** Where its nodes listen; none when they do not offer the transport. */
  addresses(transport: Transport): readonly Address[]
  /** Of the Redis that its nodes share. */
  readonly redisPort: number | undefined
  /** All its processes as they are now, those of Redis included; empty when they are not ours to look at. */
  pids(): readonly number[]
  stop(): Promise<void>
}

/** What a broker can be asked to do. */
export interface Abilities {
  /** Verifies access tokens; one that does not is run open to all in scenarios where tokens do not matter. */
  readonly tokens: boolean
  /** Fetches the keys of the issuer; one that does not is given them as files, and can follow no rotation. */
  readonly fetchesKeys: boolean
  readonly transports: readonly Transport[]
  readonly protocolVersions: readonly (4 | 5)[]
  readonly qosMax: number
  readonly workersMax: number
  readonly sharedSubscriptions: boolean
  /** Can be told to keep sessions on the disk; what that promises differs. */
  readonly keepsSessions: boolean
  /** Nodes that can share a Redis; 0: none. */
  readonly nodesMax: number
  /** It is run on a Redis only. */
  readonly nodesMin: number
}

/** A broker that the suite can load. */
export interface Broker {
  readonly name: string
  readonly abilities: Abilities
  /** Its version; undefined when it is not installed. */
  version(): Promise<string | undefined>
  start(needs: BrokerNeeds): Promise<RunningBroker>
}

/** Abilities of most brokers, to be narrowed. */
export const FULL_ABILITIES: Abilities = {
  tokens: false,
  fetchesKeys: false,
  transports: ['tcp', 'ws'],
  protocolVersions: [4, 5],
  qosMax: 2,
  workersMax: 1,
  sharedSubscriptions: true,
  keepsSessions: false,
  nodesMax: 0,
  nodesMin: 0,
}
