import type { Permission } from '../../core/permissions.ts'
import type { QoS } from '../../protocol/packets.ts'
import { claimAt, claimTexts } from '../claim-path.ts'
import { member } from '../json-object.ts'
import type { RabbitmqScopesModel } from '../token-permissions-model.ts'
import { rarPermissions } from './rabbitmq-authorization-details.ts'
import { readScope, type RabbitmqPermission } from './rabbitmq-scope.ts'
import { grant, malformed, PERMISSIONS_MAX } from './token-permissions.ts'
import type { TokenHolder, TokenPermissions } from './token-permissions.ts'

/** The exchange that stands for all topics of MQTT in RabbitMQ. */
const EXCHANGE = 'amq.topic'
/** The queues of a client there, with the QoS that is subscribed by each. */
const QUEUES: readonly (readonly [suffix: string, qos: readonly QoS[]])[] = [
  ['qos0', [0]],
  ['qos1', [1, 2]],
]

/**
 * Reads RabbitMQ's scopes and rich authorization requests as its MQTT plug-in does: to publish takes `write` on
 * `amq.topic` with the routing key, to subscribe `read` on it and all three permissions on the client's queue.
 */
export function rabbitmqPermissions(holder: TokenHolder, claim: string, model: RabbitmqScopesModel): TokenPermissions {
  const { claims, credentials } = holder
  const scopeClaim = claimAt(claims, claim)
  const details = model.resourceType === undefined ? undefined : member(claims, 'authorization_details')
  if (scopeClaim === undefined && details === undefined) return { kind: 'unknown' }
  const scopes = claimTexts(scopeClaim)
    .flatMap(text => text.split(/\s+/))
    .flatMap(scope => (Object.hasOwn(model.aliases, scope) ? (model.aliases[scope] ?? []) : [scope]))
  if (scopes.length > PERMISSIONS_MAX) return malformed(claim, 'too many scopes')
  const values = { claims, vhost: model.vhost }
  const held = scopes
    .filter(scope => scope.startsWith(model.prefix))
    .flatMap(scope => readScope(scope.slice(model.prefix.length), values) ?? [])
  const requested = rarPermissions(details, model, values)
  if (requested.length > PERMISSIONS_MAX) return malformed('authorization_details', 'too many permissions')
  const all = [...held, ...requested].filter(({ vhost }) => vhost.matches(model.vhost))
  return { kind: 'known', permissions: mqttPermissions(all, credentials.clientId, claim) }
}

function mqttPermissions(held: readonly RabbitmqPermission[], clientId: string, from: string): readonly Permission[] {
  const mayUse = (action: RabbitmqPermission['action'], name: string): boolean =>
    held.some(permission => permission.action === action && permission.name.matches(name))
  const qos = QUEUES.flatMap(([suffix, levels]) => {
    const queue = `mqtt-subscription-${clientId}${suffix}`
    return mayUse('configure', queue) && mayUse('write', queue) && mayUse('read', queue) ? levels : []
  })
  return held
    .filter(({ name }) => name.matches(EXCHANGE))
    .flatMap(({ action, routingKey }): readonly Permission[] => {
      if (action === 'write') return [{ ...grant(routingKey, ['publish'], from), syntax: 'routing-key' }]
      if (action !== 'read' || qos.length === 0) return []
      return [{ ...grant(routingKey, ['subscribe'], from), syntax: 'routing-key', qos }]
    })
}
