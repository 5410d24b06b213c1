import type { BadToken } from './bad-tokens.ts'
import type { SparseBuckets } from './latency-histogram.ts'
import type { Address } from './link.ts'
import type { ProtocolVersion } from './packets.ts'

/** Who publishes to whom. */
export type Layout = 'pairs' | 'fan-out' | 'fan-in'

/**
 * Where the two ends of a pair are: on whichever workers the kernel put them, on different ones, or on the same one.
 */
export type Placement = 'any' | 'crossing' | 'local'

/** A closed loop with so many under way (messages per publisher, or connects in all), or an open one with a fixed rate in all. */
export type Pace = { readonly window: number } | { readonly ratePerSecond: number }

/** What every plan holds. */
export interface PlanBase {
  /** Of each node; clients are spread over them in turn, unless they are placed. */
  readonly addresses: readonly Address[]
  /** Of the Redis between the nodes, whose commands are counted; undefined: there is none. */
  readonly redisPort: number | undefined
  readonly protocolVersion: ProtocolVersion
  /** Begins every client identifier and keeps runs apart. */
  readonly prefix: string
  /** One for each client, in order; empty: clients connect without credentials. */
  readonly tokens: readonly string[]
  /** Others that share the core go first: their messages are to be on time. */
  readonly yields: boolean
  /** Processes of the broker, whose CPU time is read when the measuring begins and ends; empty when unknown. */
  readonly brokerPids: readonly number[]
}

/** Messages from publishers to subscribers. */
export interface LoadPlan extends PlanBase {
  readonly kind: 'load'
  readonly publishers: number
  readonly subscribers: number
  readonly layout: Layout
  /** The subscribers share the messages of one shared subscription. */
  readonly shared: boolean
  readonly qos: number
  readonly pace: Pace
  readonly payloadBytes: number
  readonly placement: Placement
  /** Share of the pairs whose ends are at different nodes. */
  readonly crossingShare: number
  readonly topicsPerPublisher: number
  /** Filters that further clients hold and that match nothing. */
  readonly idleFilters: number
  /** The subscribers' sessions outlive their connections. */
  readonly persistent: boolean
  /** Keep a core busy to send at the intended time to the microsecond; without, to the millisecond. */
  readonly exactTimes: boolean
  readonly warmUpSeconds: number
  /** Undefined: until told. */
  readonly measuredSeconds: number | undefined
  /** How long messages that are still under way at the end may take before they count as lost. */
  readonly drainSecondsMax: number
}

/** Clients that connect at once. */
export interface StormPlan extends PlanBase {
  readonly kind: 'storm'
  readonly clients: number
  /** In a closed loop, so many connect at a time; in an open one, so many per second. */
  readonly pace: Pace
  /** Others that come and go before, so that the broker runs warm; their tokens follow those of the clients. */
  readonly warmUpClients: number
  /** Time for the broker to get over a departure. */
  readonly settleSeconds: number
  /** Their sessions outlive their connections. */
  readonly persistent: boolean
  /** Connect all of them once before, so that the broker has seen every token. */
  readonly twice: boolean
  /** Share of the clients whose token is bad, and which are to be refused. */
  readonly badShare: number
  readonly bad: BadToken
}

/** How clients go on when their tokens end, all at one moment. */
export type Renewal = 'reconnect' | 'reauthenticate'

/** Clients whose tokens have one `exp`; `tokens` has those. */
export interface CliffPlan extends PlanBase {
  readonly kind: 'cliff'
  readonly clients: number
  readonly renewal: Renewal
  /** One for each client, with which it goes on. */
  readonly nextTokens: readonly string[]
}

/** Clients that connect, subscribe and stay. */
export interface IdlePlan extends PlanBase {
  readonly kind: 'idle'
  readonly clients: number
  readonly heldSeconds: number
}

/** Subscribers that receive all retained messages. */
export interface ReplayPlan extends PlanBase {
  readonly kind: 'replay'
  readonly retained: number
  readonly subscribers: number
  readonly qos: number
  readonly payloadBytes: number
}

/** Messages for persistent sessions without a connection: put into their queues, or fetched from there. */
export interface QueuePlan extends PlanBase {
  readonly kind: 'queue'
  readonly sessions: number
  /** Each goes to the queue of every session. */
  readonly messages: number
  readonly measured: 'filling' | 'draining'
  readonly qos: number
  readonly payloadBytes: number
}

/** What one process of the load generator is to do. */
export type LoaderPlan = LoadPlan | StormPlan | CliffPlan | IdlePlan | ReplayPlan | QueuePlan

/** What one process of the load generator saw. */
export interface LoaderResult {
  /** Messages delivered, clients connected or filters replayed while measuring. */
  readonly operations: number
  readonly seconds: number
  readonly latency: SparseBuckets
  readonly latencyMax: number
  readonly lost: number
  readonly doubled: number
  readonly reordered: number
  /** Packets or connections that were refused, broken off, or not what was sent. */
  readonly failed: number
  readonly firstFailure: string | undefined
  readonly brokerCpuSeconds: number | undefined
  readonly loaderCpuSeconds: number
  /** In an open loop: how late messages were sent, 99th percentile in microseconds. */
  readonly sendLagMicroseconds: number | undefined
  /** Time in which the host of a virtual machine ran something else. */
  readonly stealSeconds: number
  /** Commands that Redis has run meanwhile. */
  readonly redisCommands: number | undefined
}

/** To a process of the load generator. */
export type LoaderOrder =
  | { readonly kind: 'plan'; readonly plan: LoaderPlan }
  | { readonly kind: 'begin'; readonly atMicroseconds: number }
  | { readonly kind: 'finish' }
  | { readonly kind: 'close' }

/** From a process of the load generator. */
export type LoaderNews =
  | { readonly kind: 'ready' }
  | { readonly kind: 'result'; readonly result: LoaderResult }
  | { readonly kind: 'failed'; readonly why: string }
