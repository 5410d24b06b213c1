import { RoutingKeyPattern, validPattern } from '../../core/routing-key-pattern.ts'
import { claimTexts } from '../claim-path.ts'
import { isJsonObject, member, type JsonObject } from '../json-object.ts'
import type { RabbitmqScopesModel } from '../token-permissions-model.ts'
import { rabbitmqPermission, type PatternValues, type RabbitmqPermission } from './rabbitmq-scope.ts'

const DETAILS_MAX = 256

/** Reads RabbitMQ's rich authorization requests (RFC 9396): locations in the cluster, and what may be done there. */
export function rarPermissions(
  details: unknown,
  model: RabbitmqScopesModel,
  values: PatternValues,
): readonly RabbitmqPermission[] {
  if (!Array.isArray(details)) return []
  return details
    .slice(0, DETAILS_MAX)
    .filter(isJsonObject)
    .filter(detail => member(detail, 'type') === model.resourceType)
    .flatMap(detail => permissionsOf(detail, model, values))
}

function permissionsOf(
  detail: JsonObject,
  { prefix }: RabbitmqScopesModel,
  values: PatternValues,
): readonly RabbitmqPermission[] {
  const server = prefix.endsWith('.') ? prefix.slice(0, -1) : prefix
  const actions = claimTexts(member(detail, 'actions'))
  return claimTexts(member(detail, 'locations')).flatMap(text => {
    const location = readLocation(text)
    const cluster = location.get('cluster')
    if (cluster === undefined || !validPattern(cluster) || !new RoutingKeyPattern(cluster).matches(server)) return []
    const vhost = location.get('vhost') ?? '*'
    const name = location.get('exchange') ?? location.get('queue') ?? '*'
    const routingKey = location.get('routing-key') ?? '*'
    return actions.flatMap(action => rabbitmqPermission({ action, vhost, name, routingKey }, values) ?? [])
  })
}

/** `cluster:prod/vhost:v1/exchange:amq.topic/routing-key:dev.*` */
function readLocation(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('/').map(part => {
      const colon = part.indexOf(':')
      return [part.slice(0, Math.max(0, colon)), part.slice(colon + 1)]
    }),
  )
}
