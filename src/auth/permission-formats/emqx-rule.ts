import type { Activity, Permission } from '../../core/permissions.ts'
import type { Credentials } from '../../ports/auth.ts'
import type { QoS } from '../../protocol/packets.ts'
import { isJsonObject, member, type JsonObject } from '../json-object.ts'
import { emqxConditionsHold } from './emqx-conditions.ts'
import { emqxTopic } from './emqx-topic.ts'

const ACTIONS: ReadonlyMap<unknown, readonly Activity[]> = new Map<unknown, readonly Activity[]>([
  ['publish', ['publish']],
  ['pub', ['publish']],
  ['subscribe', ['subscribe']],
  ['sub', ['subscribe']],
  ['all', ['publish', 'subscribe']],
])
const EFFECTS: ReadonlyMap<unknown, Permission['effect']> = new Map<unknown, Permission['effect']>([
  ['allow', 'allow'],
  ['deny', 'deny'],
])
const RETAIN: ReadonlyMap<unknown, Permission['retain']> = new Map<unknown, Permission['retain']>([
  [undefined, 'any'],
  ['all', 'any'],
  [true, 'retained'],
  ['true', 'retained'],
  [false, 'not-retained'],
  ['false', 'not-retained'],
])
const LEVELS: ReadonlyMap<unknown, QoS> = new Map<unknown, QoS>([
  [0, 0],
  [1, 1],
  [2, 2],
  ['0', 0],
  ['1', 1],
  ['2', 2],
])
const ALL_LEVELS: readonly QoS[] = [0, 1, 2]
const OWN_MEMBERS: ReadonlySet<string> = new Set(['permission', 'action', 'topic', 'topics', 'qos', 'retain'])

/** Reads one rule of version 2: its permissions, none where it is not about this client, or what is wrong with it. */
export function readEmqxRule(rule: unknown, credentials: Credentials, from: string): readonly Permission[] | string {
  if (!isJsonObject(rule)) return 'no object'
  const effect = EFFECTS.get(member(rule, 'permission'))
  if (effect === undefined) return 'permission is neither allow nor deny'
  const activity = ACTIONS.get(member(rule, 'action'))
  if (activity === undefined) return 'action is not one of publish, subscribe, all'
  const qos = qosOf(member(rule, 'qos'))
  if (qos === undefined) return 'qos is not one of 0, 1, 2, or a list of them'
  const retain = RETAIN.get(member(rule, 'retain'))
  if (retain === undefined) return 'retain is not one of true, false, all'
  const topics = topicsOf(rule)
  if (topics === undefined) return 'topic or topics is missing'
  const applies = emqxConditionsHold(rule, OWN_MEMBERS, credentials)
  if (typeof applies === 'string') return applies
  const permissions: Permission[] = []
  for (const topic of topics) {
    const permission = emqxTopic(topic, from)
    if (permission === undefined) return 'a topic is no Topic Filter'
    permissions.push({ ...permission, effect, activity, qos, retain })
  }
  return applies ? permissions : []
}

function topicsOf(rule: JsonObject): readonly unknown[] | undefined {
  const topic = member(rule, 'topic')
  const topics: unknown = member(rule, 'topics') ?? []
  if (!Array.isArray(topics)) return undefined
  const all: readonly unknown[] = topic === undefined ? topics : [topic, ...topics]
  return all.length === 0 ? undefined : all
}

function qosOf(value: unknown): readonly QoS[] | undefined {
  if (value === undefined || value === 'all') return ALL_LEVELS
  const values: readonly unknown[] = Array.isArray(value)
    ? value
    : typeof value === 'string'
      ? value.split(',').map(part => part.trim())
      : [value]
  const levels = values.flatMap(one => LEVELS.get(one) ?? [])
  return levels.length === values.length && levels.length > 0 ? levels : undefined
}
