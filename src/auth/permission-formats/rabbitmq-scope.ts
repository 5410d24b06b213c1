import { RoutingKeyPattern, validPattern } from '../../core/routing-key-pattern.ts'
import { member, type JsonObject } from '../json-object.ts'

/** One permission of RabbitMQ on a resource, and on the routing keys of an exchange. */
export interface RabbitmqPermission {
  readonly action: 'configure' | 'read' | 'write'
  readonly vhost: RoutingKeyPattern
  /** Of the exchange or queue. */
  readonly name: RoutingKeyPattern
  readonly routingKey: string
}

const ACTIONS: ReadonlyMap<string, RabbitmqPermission['action']> = new Map([
  ['configure', 'configure' as const],
  ['read', 'read' as const],
  ['write', 'write' as const],
])
const ANY = '*'
const VARIABLE = /\{([^{}*/]+)\}/g
/** What would make more of a value than itself. */
const UNSAFE = /[*+#/\0]/

/** What a pattern is made from. */
export interface PatternValues {
  readonly claims: JsonObject
  readonly vhost: string
}

/** Reads `<action>:<vhost>/<name>[/<routing key>]`. Like RabbitMQ it passes over what is none: it grants nothing. */
export function readScope(scope: string, values: PatternValues): RabbitmqPermission | undefined {
  const colon = scope.indexOf(':')
  const parts = scope.slice(colon + 1).split('/')
  const [vhost, name, routingKey = ANY] = parts
  if (colon === -1 || parts.length > 3 || vhost === undefined || name === undefined) return undefined
  return rabbitmqPermission({ action: scope.slice(0, colon), vhost, name, routingKey }, values)
}

/** Makes a permission of its parts, with `{claim}` and `{vhost}` filled in; undefined: it is none. */
export function rabbitmqPermission(
  parts: { readonly action: string; readonly vhost: string; readonly name: string; readonly routingKey: string },
  values: PatternValues,
): RabbitmqPermission | undefined {
  const action = ACTIONS.get(parts.action)
  const name = filledIn(parts.name, values)
  const routingKey = filledIn(parts.routingKey, values)
  if (action === undefined || name === undefined || routingKey === undefined) return undefined
  if (![parts.vhost, name, routingKey].every(validPattern)) return undefined
  return { action, vhost: new RoutingKeyPattern(parts.vhost), name: new RoutingKeyPattern(name), routingKey }
}

/** Undefined when a claim is absent, or has a value that would match more than itself. */
function filledIn(pattern: string, { claims, vhost }: PatternValues): string | undefined {
  let faulty = false
  const text = pattern.replace(VARIABLE, (_, name: string) => {
    const value = name === 'vhost' ? vhost : member(claims, name)
    const usable = typeof value === 'string' && value.isWellFormed() && (name === 'vhost' || !UNSAFE.test(value))
    faulty ||= !usable
    return usable ? encodeURIComponent(value) : ''
  })
  return faulty ? undefined : text
}
