import { idleFilterHolders } from '../load/load-clients.ts'
import type { Address } from '../load/link.ts'
import { candidatesFor } from '../load/placement.ts'
import type { LoaderPlan, LoadPlan, Pace, PlanBase } from '../load/plan.ts'
import type { LoadScenario, Scenario } from '../scenarios/scenario.ts'
import type { Size } from '../scenarios/size.ts'

/** What plans are made for, beside the scenario. */
export interface PlanTarget {
  readonly addresses: readonly Address[]
  readonly redisPort: number | undefined
  readonly brokerPids: readonly number[]
  /** One for each client of the run; empty when clients need none. */
  readonly tokens: readonly string[]
  /** One for each client that goes on with another token; absent: none does. */
  readonly nextTokens?: readonly string[]
  /** Keeps the clients and topics of a run apart from those of the run before. */
  readonly run: number
}

const DRAIN_SECONDS_MAX = 3

/** How many clients, and so tokens, a scenario needs, its background included. */
export function clientsOf(scenario: Scenario): number {
  return ownClientsOf(scenario) + 2 * (scenario.background?.pairs ?? 0)
}

/** One plan for each process of the load generator; fewer than asked for where the work cannot be cut. */
export function plansFor(scenario: Scenario, size: Size, target: PlanTarget, processes: number): readonly LoaderPlan[] {
  const parts = isDivisible(scenario) ? Math.min(processes, ownClientsOf(scenario)) : 1
  let firstToken = 0
  return Array.from({ length: parts }, (_, part) => {
    const piece = partOf(scenario, part, parts)
    const base = planBase(piece, target, `b${target.run}x${part}`, firstToken)
    const nextTokens = target.nextTokens?.slice(firstToken) ?? []
    firstToken += ownClientsOf(piece)
    return planOf(piece, size, base, nextTokens)
  })
}

/** The plan of the messages that go on beside the scenario; undefined when it has none. */
export function backgroundPlan(scenario: Scenario, target: PlanTarget): LoadPlan | undefined {
  if (scenario.background === undefined) return undefined
  const { pairs, ratePerSecond } = scenario.background
  const base = planBase(scenario, target, `g${target.run}`, ownClientsOf(scenario))
  return {
    ...base,
    brokerPids: [],
    yields: false,
    kind: 'load',
    publishers: pairs,
    subscribers: pairs,
    layout: 'pairs',
    shared: false,
    qos: 0,
    pace: { ratePerSecond },
    payloadBytes: 64,
    placement: 'any',
    crossingShare: 0,
    topicsPerPublisher: 1,
    idleFilters: 0,
    persistent: false,
    // It shares its core with the generator of the scenario and must leave it time.
    exactTimes: false,
    warmUpSeconds: 0,
    measuredSeconds: undefined,
    drainSecondsMax: DRAIN_SECONDS_MAX,
  }
}

function planOf(scenario: Scenario, size: Size, base: PlanBase, nextTokens: readonly string[]): LoaderPlan {
  switch (scenario.kind) {
    case 'load':
      return { ...loadPart(scenario, size), ...base, kind: 'load' }
    case 'storm': {
      const { clients, renewal } = scenario
      if (renewal !== undefined) return { ...base, kind: 'cliff', clients, renewal, nextTokens }
      return {
        ...base,
        kind: 'storm',
        clients,
        pace: scenario.pace,
        warmUpClients: scenario.warmUpClients,
        settleSeconds: size.settleSeconds,
        persistent: scenario.persistent,
        twice: scenario.twice,
        badShare: scenario.ordeal?.badShare ?? 0,
        bad: scenario.ordeal?.bad ?? 'forged',
      }
    }
    case 'idle':
      return { ...base, kind: 'idle', clients: scenario.clients, heldSeconds: size.heldSeconds }
    case 'replay': {
      const { retained, subscribers, qos, payloadBytes } = scenario
      return { ...base, kind: 'replay', retained, subscribers, qos, payloadBytes }
    }
    case 'queue': {
      const { sessions, messages, measured, qos, payloadBytes } = scenario
      return { ...base, kind: 'queue', sessions, messages, measured, qos, payloadBytes }
    }
  }
}

function loadPart(scenario: LoadScenario, size: Size): Omit<LoadPlan, keyof PlanBase | 'kind'> {
  const { publishers, subscribers, layout, shared, qos, pace, payloadBytes } = scenario
  const { placement, crossingShare, topicsPerPublisher, idleFilters, persistent } = scenario
  return {
    publishers,
    subscribers,
    layout,
    shared,
    qos,
    pace,
    payloadBytes,
    placement,
    crossingShare,
    topicsPerPublisher,
    idleFilters,
    persistent,
    exactTimes: true,
    warmUpSeconds: size.warmUpSeconds,
    measuredSeconds: size.measuredSeconds,
    drainSecondsMax: DRAIN_SECONDS_MAX,
  }
}

function planBase(scenario: Scenario, target: PlanTarget, prefix: string, firstToken: number): PlanBase {
  const { addresses, redisPort, brokerPids, tokens } = target
  return {
    addresses,
    redisPort,
    brokerPids,
    prefix,
    protocolVersion: scenario.protocolVersion,
    tokens: tokens.slice(firstToken),
    yields: scenario.background !== undefined,
  }
}

// A window counts the arrivals at every subscriber of a publisher, so these must be in one process.
function isDivisible(scenario: Scenario): boolean {
  if (scenario.kind === 'load') return scenario.layout === 'pairs' && scenario.placement === 'any'
  return scenario.kind === 'storm' || scenario.kind === 'idle'
}

function partOf(scenario: Scenario, part: number, parts: number): Scenario {
  const share = (whole: number): number => Math.floor(((part + 1) * whole) / parts) - Math.floor((part * whole) / parts)
  switch (scenario.kind) {
    case 'load':
      return {
        ...scenario,
        publishers: share(scenario.publishers),
        subscribers: share(scenario.subscribers),
        idleFilters: part === 0 ? scenario.idleFilters : 0,
        // The window of messages is per publisher, the rate is of all.
        pace: 'window' in scenario.pace ? scenario.pace : { ratePerSecond: scenario.pace.ratePerSecond / parts },
      }
    case 'storm':
      return {
        ...scenario,
        clients: share(scenario.clients),
        warmUpClients: share(scenario.warmUpClients),
        pace: paceOfPart(scenario.pace, parts),
      }
    case 'idle':
      return { ...scenario, clients: share(scenario.clients) }
    case 'replay':
    case 'queue':
      return scenario
  }
}

function paceOfPart(pace: Pace, parts: number): Pace {
  if ('window' in pace) return { window: Math.max(1, Math.floor(pace.window / parts)) }
  return { ratePerSecond: pace.ratePerSecond / parts }
}

function ownClientsOf(scenario: Scenario): number {
  switch (scenario.kind) {
    case 'load': {
      const ends =
        scenario.placement === 'any' ? scenario.publishers + scenario.subscribers : candidatesFor(scenario.publishers)
      return ends + idleFilterHolders(scenario.idleFilters)
    }
    case 'storm':
      return scenario.clients + scenario.warmUpClients
    case 'idle':
      return scenario.clients
    case 'replay':
      return scenario.subscribers + 1
    case 'queue':
      return scenario.sessions + 1
  }
}
