import type { BadToken } from '../load/bad-tokens.ts'
import type { Transport } from '../load/link.ts'
import type { Layout, Pace, Placement, Renewal } from '../load/plan.ts'
import type { Durability } from '../brokers/broker.ts'
import type { ProtocolVersion } from '../load/packets.ts'

/** Which tokens the clients bring; with `none` the broker lets everyone in. */
export type TokenKind = 'none' | 'rs256' | 'es256' | 'eddsa'

/** Messages of established clients that go on beside what is measured; their latency is measured too. */
export interface Background {
  readonly pairs: number
  readonly ratePerSecond: number
}

interface ScenarioBase {
  readonly name: string
  /** What is done, in one line of a table. */
  readonly title: string
  readonly transport: Transport
  readonly protocolVersion: ProtocolVersion
  readonly tokens: TokenKind
  /** The tokens are what is measured. Elsewhere a broker that knows no tokens is run open to all. */
  readonly needsTokens: boolean
  /** Processes or threads of the broker, or of each node; it gets as many cores. */
  readonly workers: number
  /** Nodes that share a Redis; 0: one that is alone, without it. */
  readonly nodes: number
  /** Where the broker keeps what outlives a connection. */
  readonly durability: Durability
  /** What guardbee aims at, in microseconds of CPU per message or connection. */
  readonly aimMicroseconds: number | undefined
  readonly background: Background | undefined
  /** Tokens are introspected, and the server takes so long for each; undefined: their signatures are verified. */
  readonly introspectionMs: number | undefined
  /** Part of `--quick`. */
  readonly quick: boolean
  /** Brokers that can run it, by name; undefined: all with the abilities it takes. */
  readonly brokers: readonly string[] | undefined
}

/** Messages from publishers to subscribers. */
export interface LoadScenario extends ScenarioBase {
  readonly kind: 'load'
  readonly publishers: number
  readonly subscribers: number
  readonly layout: Layout
  readonly shared: boolean
  readonly qos: 0 | 1 | 2
  readonly pace: Pace
  readonly payloadBytes: number
  readonly placement: Placement
  /** Share of the pairs whose ends are at different nodes. */
  readonly crossingShare: number
  /** Further filters in the broker, held by others, that match nothing. */
  readonly idleFilters: number
  /** The subscribers' sessions outlive their connections: QoS 1 and 2 messages go through their queues. */
  readonly persistent: boolean
  /** More than the broker can remember the receivers of: each message has to be matched. */
  readonly topicsPerPublisher: number
}

/** What the door goes through while clients connect. */
export interface Ordeal {
  /** Share of the clients whose token is bad; they are to be refused, and only they. */
  readonly badShare: number
  readonly bad: BadToken
  /** How the authorization server does meanwhile. */
  readonly server: ServerConduct
  /** Its keys are replaced as the storm begins: every second token is signed with a key that nobody has seen yet. */
  readonly rotation: boolean
}

/** Whether the authorization server answers, answers late (500 ms), or not at all. */
export type ServerConduct = 'up' | 'slow' | 'down'

/** Clients that connect all at once, or at a rate. */
export interface StormScenario extends ScenarioBase {
  readonly kind: 'storm'
  readonly clients: number
  readonly pace: Pace
  /** Others that connect and leave before the measured ones. */
  readonly warmUpClients: number
  /** Their sessions outlive their connections. */
  readonly persistent: boolean
  /** Each token has been seen before. */
  readonly twice: boolean
  readonly ordeal: Ordeal | undefined
  /** All tokens end at one moment, and how the clients go on is measured; undefined: they do not. */
  readonly renewal: Renewal | undefined
}

/** Connected, subscribed clients that do nothing; what they cost is memory. */
export interface IdleScenario extends ScenarioBase {
  readonly kind: 'idle'
  readonly clients: number
}

/** Retained messages sent to subscribers that come later. */
export interface ReplayScenario extends ScenarioBase {
  readonly kind: 'replay'
  readonly retained: number
  readonly subscribers: number
  readonly qos: 0 | 1 | 2
  readonly payloadBytes: number
}

/** Messages for persistent sessions without a connection. */
export interface QueueScenario extends ScenarioBase {
  readonly kind: 'queue'
  readonly sessions: number
  /** Each goes to the queue of every session. */
  readonly messages: number
  readonly measured: 'filling' | 'draining'
  readonly qos: 1 | 2
  readonly payloadBytes: number
}

export type Scenario = LoadScenario | StormScenario | IdleScenario | ReplayScenario | QueueScenario

type Row<S extends ScenarioBase, Required extends keyof S> = Pick<S, Required | 'name' | 'title'> & Partial<S>

/** A row of messages: what it does not say is the usual. */
export type LoadRow = Row<LoadScenario, 'publishers' | 'subscribers' | 'layout' | 'qos' | 'pace'>
/** A row of connections. */
export type StormRow = Row<StormScenario, 'clients' | 'pace'>

const COMMON = {
  transport: 'tcp',
  protocolVersion: 4,
  tokens: 'es256',
  needsTokens: false,
  workers: 1,
  nodes: 0,
  durability: 'memory',
  aimMicroseconds: undefined,
  background: undefined,
  introspectionMs: undefined,
  quick: false,
  brokers: undefined,
} as const satisfies Omit<ScenarioBase, 'name' | 'title'>

export function load(row: LoadRow): LoadScenario {
  const usual = {
    shared: false,
    payloadBytes: 64,
    placement: 'any',
    crossingShare: 0,
    idleFilters: 0,
    topicsPerPublisher: 1,
    persistent: false,
  } as const
  return { ...COMMON, ...usual, ...row, kind: 'load' }
}

export function storm(row: StormRow): StormScenario {
  const usual = { warmUpClients: 0, persistent: false, twice: false, ordeal: undefined, renewal: undefined } as const
  return { ...COMMON, ...usual, ...row, kind: 'storm' }
}

export function idle(row: Row<IdleScenario, 'clients'>): IdleScenario {
  return { ...COMMON, ...row, kind: 'idle' }
}

export function replay(row: Row<ReplayScenario, 'retained' | 'subscribers'>): ReplayScenario {
  return { ...COMMON, qos: 0, payloadBytes: 64, ...row, kind: 'replay' }
}

export function queue(row: Row<QueueScenario, 'sessions' | 'messages' | 'measured'>): QueueScenario {
  return { ...COMMON, qos: 1, payloadBytes: 64, ...row, kind: 'queue' }
}
