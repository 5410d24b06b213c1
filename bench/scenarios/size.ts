import type { IdleScenario, Scenario, StormScenario } from './scenario.ts'

/** How long and how large runs are; a scenario is cut down to the maxima. */
export interface Size {
  /** Between the news that all is ready and the first message. */
  readonly leadSeconds: number
  readonly warmUpSeconds: number
  readonly measuredSeconds: number
  readonly heldSeconds: number
  /** Between clients that leave and those that are measured. */
  readonly settleSeconds: number
  /** Time to mint all the tokens that end at once, and to connect with them. */
  readonly cliffSeconds: number
  /** Of a storm. */
  readonly stormClientsMax: number
  readonly idleClientsMax: number
  /** Publishers, and subscribers, of messages. */
  readonly endsMax: number
  readonly idleFiltersMax: number
  readonly retainedMax: number
  /** Messages in each queue. */
  readonly queuedMax: number
}

/** Descriptors that processes need beside those of clients. */
const DESCRIPTORS_BESIDE = 1_000

/** What the figures are made of; `descriptorsMax` is what one process may open. */
export function fullSize(descriptorsMax: number): Size {
  const clientsMax = Math.max(1, descriptorsMax - DESCRIPTORS_BESIDE)
  return {
    leadSeconds: 0.2,
    warmUpSeconds: 1,
    measuredSeconds: 3,
    heldSeconds: 3,
    settleSeconds: 1,
    cliffSeconds: 20,
    stormClientsMax: clientsMax,
    idleClientsMax: clientsMax,
    endsMax: clientsMax,
    idleFiltersMax: Number.POSITIVE_INFINITY,
    retainedMax: Number.POSITIVE_INFINITY,
    queuedMax: Number.POSITIVE_INFINITY,
  }
}

/** For a first look. */
export function quickSize(descriptorsMax: number): Size {
  const full = fullSize(descriptorsMax)
  return {
    ...full,
    warmUpSeconds: 0.5,
    measuredSeconds: 1,
    heldSeconds: 1,
    stormClientsMax: Math.min(2_000, full.stormClientsMax),
    idleClientsMax: Math.min(5_000, full.idleClientsMax),
  }
}

/** Enough to see that nothing is lost. */
export const TINY: Size = {
  leadSeconds: 0.03,
  warmUpSeconds: 0.05,
  measuredSeconds: 0.2,
  heldSeconds: 0.1,
  settleSeconds: 0.03,
  cliffSeconds: 4,
  stormClientsMax: 40,
  idleClientsMax: 40,
  endsMax: 8,
  idleFiltersMax: 300,
  retainedMax: 300,
  queuedMax: 100,
}

/** The scenario cut down to a size; its title then says what is left. */
export function sized(scenario: Scenario, size: Size): Scenario {
  switch (scenario.kind) {
    case 'load': {
      const { publishers, subscribers, idleFilters } = scenario
      return {
        ...scenario,
        publishers: Math.min(publishers, size.endsMax),
        subscribers: Math.min(subscribers, size.endsMax),
        idleFilters: Math.min(idleFilters, size.idleFiltersMax),
        title: cutTitle(scenario.title, Math.max(publishers, subscribers), size.endsMax),
      }
    }
    case 'storm':
      return {
        ...cutClients(scenario, size.stormClientsMax),
        warmUpClients: Math.min(scenario.warmUpClients, size.stormClientsMax),
      }
    case 'idle':
      return cutClients(scenario, size.idleClientsMax)
    case 'replay':
      return {
        ...scenario,
        retained: Math.min(scenario.retained, size.retainedMax),
        subscribers: Math.min(scenario.subscribers, size.endsMax),
        title: cutTitle(scenario.title, scenario.retained, size.retainedMax),
      }
    case 'queue':
      return {
        ...scenario,
        sessions: Math.min(scenario.sessions, size.endsMax),
        messages: Math.min(scenario.messages, size.queuedMax),
        title: cutTitle(scenario.title, scenario.messages, size.queuedMax),
      }
  }
}

function cutClients<S extends StormScenario | IdleScenario>(scenario: S, max: number): S {
  const { clients, title } = scenario
  return { ...scenario, clients: Math.min(clients, max), title: cutTitle(title, clients, max) }
}

function cutTitle(title: string, wanted: number, max: number): string {
  return wanted <= max ? title : `${title} (cut to ${max.toLocaleString('en')})`
}
