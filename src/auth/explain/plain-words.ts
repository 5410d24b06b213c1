import type { Permission } from '../../core/permissions.ts'
import { printable, shortened } from '../printable-text.ts'

const VALUE_CHARACTERS_MAX = 200
const SECOND_MS = 1_000
const UNITS: readonly { readonly name: string; readonly ms: number; readonly from: number }[] = [
  { name: 'd', ms: 86_400_000, from: 2 },
  { name: 'h', ms: 3_600_000, from: 2 },
  { name: 'min', ms: 60_000, from: 2 },
]

/** The value of a claim as it may stand in a terminal: as JSON, cut where it is long. */
export function valueWords(value: unknown): string {
  if (value === undefined) return 'absent'
  if (typeof value === 'string') return quotedWords(value)
  return shortened(JSON.stringify(value), VALUE_CHARACTERS_MAX).replaceAll(/\p{Cc}|\p{Cf}/gu, '�')
}

/** A text in quotes; nothing in it can steer a terminal. */
export function quotedWords(text: string): string {
  return `"${printable(text, VALUE_CHARACTERS_MAX)}"`
}

/** A length of time in the unit that says most: `4 min`. */
export function durationWords(ms: number): string {
  const length = Math.abs(ms)
  const unit = UNITS.find(({ ms: unitMs, from }) => length >= unitMs * from)
  return unit === undefined ? `${Math.round(length / SECOND_MS)} s` : `${Math.floor(length / unit.ms)} ${unit.name}`
}

/** A point in time, to the second. */
export function timeWords(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z')
}

/** A permission in one line. */
export function permissionWords(permission: Permission): string {
  const { effect, activity, topicFilter, syntax, qos, retain, shared, sharedGroup, from } = permission
  const rest = [
    ...(syntax === 'filter' ? [] : [`as a ${syntax}`]),
    ...(qos.length === 3 ? [] : [`with QoS ${qos.join(', ')}`]),
    ...(retain === 'any' ? [] : [retain]),
    ...(shared === 'any' ? [] : [shared]),
    ...(sharedGroup === '' || sharedGroup === '#' ? [] : [`in share group ${quotedWords(sharedGroup)}`]),
  ]
  const filter = [`${effect} ${activity.join(' and ')} ${quotedWords(topicFilter)}`, ...rest].join(' ')
  return `${filter} (from ${printable(from)})`
}
