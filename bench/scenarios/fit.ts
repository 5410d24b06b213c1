import type { Abilities, Broker } from '../brokers/broker.ts'
import type { Scenario } from './scenario.ts'

/** Why a broker cannot run a scenario; undefined when it can. */
export function whyUnfit(broker: Broker, scenario: Scenario): string | undefined {
  const { abilities, name } = broker
  if (scenario.brokers !== undefined && !scenario.brokers.includes(name)) return 'not made for it'
  if (scenario.durability !== 'memory' && !abilities.keepsSessions) return 'keeps no sessions'
  if (scenario.nodes > abilities.nodesMax) return abilities.nodesMax === 0 ? 'no nodes on Redis' : 'fewer nodes'
  if (scenario.nodes < abilities.nodesMin) return 'on Redis only'
  if (scenario.workers > abilities.workersMax) return `at most ${abilities.workersMax} worker`
  if (!abilities.transports.includes(scenario.transport)) return `no ${scenario.transport}`
  if (!abilities.protocolVersions.includes(scenario.protocolVersion)) return 'no MQTT 5'
  if (scenario.needsTokens && !abilities.tokens) return 'no access tokens'
  const rotates = scenario.kind === 'storm' && scenario.ordeal?.rotation === true
  if (rotates && !abilities.fetchesKeys) return 'fetches no keys'
  return whyUnfitForMessages(abilities, scenario)
}

function whyUnfitForMessages(abilities: Abilities, scenario: Scenario): string | undefined {
  const hasQos = scenario.kind === 'load' || scenario.kind === 'replay' || scenario.kind === 'queue'
  if (hasQos && scenario.qos > abilities.qosMax) return `at most QoS ${abilities.qosMax}`
  if (scenario.kind === 'load' && scenario.shared && !abilities.sharedSubscriptions) return 'no shared subscriptions'
  return undefined
}
