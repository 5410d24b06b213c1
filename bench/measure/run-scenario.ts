import type { Broker, RunningBroker } from '../brokers/broker.ts'
import type { Issuer } from '../issuer/issuer.ts'
import { usualConduct } from '../issuer/issuer.ts'
import type { TokenAlgorithm } from '../issuer/tokens.ts'
import { nowMicroseconds } from '../load/clock.ts'
import type { LoaderResult } from '../load/plan.ts'
import { memoryOf } from '../load/process-stat.ts'
import type { Scenario, TokenKind } from '../scenarios/scenario.ts'
import type { Size } from '../scenarios/size.ts'
import { inTemporaryFolder } from '../temporary-folder.ts'
import { coresFor } from './cores.ts'
import { Loader } from './loader.ts'
import type { Measurement } from './measurement.ts'
import { measurementOf } from './measurement.ts'
import type { PlanTarget } from './plans.ts'
import { backgroundPlan, clientsOf, plansFor } from './plans.ts'

/** What is alike in all runs of a suite. */
export interface RunContext {
  readonly issuer: Issuer
  readonly size: Size
  /** Processes of the load generator. */
  readonly loaders: number
  /** Cores that processes can be held to. */
  readonly cores: number
}

const ALGORITHMS: Readonly<Record<Exclude<TokenKind, 'none'>, TokenAlgorithm>> = {
  rs256: 'RS256',
  es256: 'ES256',
  eddsa: 'EdDSA',
}
const MICROSECONDS = 1_000_000

let runs = 0

/** The broker did not come up; it will not the next time either. */
export class BrokerStartError extends Error {}

/** Starts the broker afresh, runs the scenario once, and ends the broker. */
export async function runScenario(
  scenario: Scenario,
  broker: Broker,
  repetition: number,
  context: RunContext,
): Promise<Measurement> {
  return await inTemporaryFolder(async folder => {
    const running = await startFor(scenario, broker, folder, context)
    try {
      return await loadBroker(scenario, broker, running, repetition, context)
    } finally {
      await running.stop()
    }
  })
}

/** Starts a broker as a scenario wants it. */
export async function startFor(
  scenario: Pick<Scenario, 'tokens' | 'workers' | 'nodes' | 'durability' | 'introspectionMs'>,
  broker: Broker,
  folder: string,
  { issuer, cores }: Pick<RunContext, 'issuer' | 'cores'>,
): Promise<RunningBroker> {
  const withTokens = scenario.tokens !== 'none' && broker.abilities.tokens
  const needs = {
    workers: scenario.workers,
    nodes: scenario.nodes,
    durability: scenario.durability,
    cores: coresFor(serversOf(scenario), cores).broker,
    issuer: withTokens ? issuer.facts : undefined,
    introspects: scenario.introspectionMs !== undefined,
    folder,
  }
  try {
    return await broker.start(needs)
  } catch (error) {
    throw new BrokerStartError(`${broker.name} did not start`, { cause: error })
  }
}

/** Runs the scenario once against a broker that runs. */
export async function loadBroker(
  scenario: Scenario,
  broker: Broker,
  running: RunningBroker,
  repetition: number,
  context: RunContext,
): Promise<Measurement> {
  const addresses = running.addresses(scenario.transport)
  if (addresses.length === 0) throw new Error(`${broker.name} does not offer ${scenario.transport}`)
  const tokens = await tokensFor(scenario, broker, context)
  const brokerPids = running.pids()
  runs += 1
  const target = { addresses, redisPort: running.redisPort, brokerPids, ...tokens, run: runs }
  const before = brokerPids.length === 0 ? undefined : memoryOf(brokerPids)
  const beside = backgroundPlan(scenario, target)
  const cores = coresFor(serversOf(scenario), context.cores).loader
  const loaders = plansFor(scenario, context.size, target, context.loaders).map(plan => new Loader(plan, cores))
  const background = beside === undefined ? undefined : new Loader(beside, cores)
  const { issuer } = context
  const requestsBefore = issuer.requests
  try {
    const { results, backgroundResult } = await load(loaders, background, context.size.leadSeconds, () =>
      behave(issuer, scenario),
    )
    const after = brokerPids.length === 0 ? undefined : memoryOf(running.pids())
    const facts = {
      scenario: scenario.name,
      broker: broker.name,
      repetition,
      closedLoop: 'pace' in scenario && 'window' in scenario.pace,
      apart: cores !== undefined,
      clients: clientsOf(scenario),
      issuerRequests: knowsOrdeals(scenario) ? issuer.requests - requestsBefore : undefined,
      before,
      after,
    }
    return measurementOf(facts, results, backgroundResult)
  } finally {
    issuer.conduct = usualConduct()
    await Promise.all([...loaders, ...(background === undefined ? [] : [background])].map(loader => loader.close()))
  }
}

/** Processes that serve clients. */
function serversOf({ workers, nodes }: Pick<Scenario, 'workers' | 'nodes'>): number {
  return workers * Math.max(1, nodes)
}

/** The tokens of a run: those the clients come with, and those with which they go on. */
type RunTokens = Pick<PlanTarget, 'tokens' | 'nextTokens'>

interface LoadResults {
  readonly results: readonly LoaderResult[]
  readonly backgroundResult: LoaderResult | undefined
}

async function load(
  loaders: readonly Loader[],
  background: Loader | undefined,
  leadSeconds: number,
  whenReady: () => void,
): Promise<LoadResults> {
  await Promise.all([...loaders, ...(background === undefined ? [] : [background])].map(loader => loader.ready()))
  whenReady()
  const start = nowMicroseconds() + leadSeconds * MICROSECONDS
  background?.begin(start)
  // The others are under way when the storm comes.
  const lead = background === undefined ? 0 : MICROSECONDS / 2
  for (const loader of loaders) loader.begin(start + lead)
  const results = await Promise.all(loaders.map(loader => loader.result()))
  background?.finish()
  return { results, backgroundResult: await background?.result() }
}

async function tokensFor(scenario: Scenario, broker: Broker, { issuer, size }: RunContext): Promise<RunTokens> {
  if (scenario.tokens === 'none' || !broker.abilities.tokens) return { tokens: [] }
  const algorithm = ALGORITHMS[scenario.tokens]
  const count = clientsOf(scenario)
  if (scenario.kind !== 'storm') return { tokens: await issuer.tokens(algorithm, count) }
  const { clients, ordeal, renewal } = scenario
  if (ordeal?.rotation === true) return { tokens: await issuer.tokensAcrossRotation(algorithm, count, clients) }
  const lasting = await issuer.tokens(algorithm, count)
  if (renewal === undefined) return { tokens: lasting }
  const ending = await issuer.tokensUntil(algorithm, clients, Math.ceil(Date.now() / 1_000) + size.cliffSeconds)
  return { tokens: [...ending, ...lasting.slice(clients)], nextTokens: lasting.slice(0, clients) }
}

/** Whether what the authorization server is asked is part of the figures. */
function knowsOrdeals(scenario: Scenario): boolean {
  return scenario.introspectionMs !== undefined || (scenario.kind === 'storm' && scenario.ordeal !== undefined)
}

function behave(issuer: Issuer, scenario: Scenario): void {
  const ordeal = scenario.kind === 'storm' ? scenario.ordeal : undefined
  issuer.conduct = {
    server: ordeal?.server ?? 'up',
    introspectionMs: scenario.introspectionMs ?? 0,
    generation: ordeal?.rotation === true ? 'next' : 'current',
  }
}
