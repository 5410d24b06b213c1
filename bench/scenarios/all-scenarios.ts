import { authStormScenarios } from './auth-storms.ts'
import { clusterScenarios } from './cluster.ts'
import { connectionScenarios } from './connections.ts'
import { durableScenarios } from './durable.ts'
import { messageScenarios } from './messages.ts'
import { openMqttScenarios } from './open-mqtt.ts'
import { payloadScenarios } from './payloads.ts'
import { routingScenarios } from './routing.ts'
import type { Scenario } from './scenario.ts'
import { websocketScenarios } from './websocket.ts'
import { workerScenarios } from './workers.ts'

/** The whole table, in the order of the report. A scenario is one object in one of these lists. */
export const allScenarios: readonly Scenario[] = [
  ...messageScenarios,
  ...connectionScenarios,
  ...authStormScenarios,
  ...websocketScenarios,
  ...workerScenarios,
  ...routingScenarios,
  ...payloadScenarios,
  ...durableScenarios,
  ...clusterScenarios,
  ...openMqttScenarios,
]

/** The scenarios with these names, or whose names begin with one of them; an unknown name is an error. */
export function scenariosNamed(names: readonly string[]): readonly Scenario[] {
  for (const name of names) {
    if (!allScenarios.some(scenario => scenario.name.startsWith(name))) throw new Error(`no scenario "${name}"`)
  }
  return allScenarios.filter(scenario => names.some(name => isMeant(scenario, name)))
}

// The exact name of one scenario may be the beginning of another.
function isMeant(scenario: Scenario, name: string): boolean {
  if (allScenarios.some(other => other.name === name)) return scenario.name === name
  return scenario.name.startsWith(name)
}
