import type { Permission } from '../core/permissions.ts'
import { withoutTokens } from '../core/without-tokens.ts'
import type { LateRefusalCause } from '../ports/auth.ts'
import { printable } from './printable-text.ts'

/** The reason of every failed authentication, as HiveMQ words it; the exact cause stands in the structured log. */
export const GENERIC_REASON = 'unknown authentication key or wrong authentication secret'

/** The reason of every failed authorization. */
export const AUTHORIZATION_REASON = 'no permissions for the authorization keys'

/** The reasons of clients that were authorized, and refused all the same. */
export const LATE_REASONS: Readonly<Record<LateRefusalCause, string>> = {
  will_not_permitted: 'no permission to publish the will message',
  session_of_another_subject: 'the session belongs to another subject',
  reauthenticated_as_another: 're-authentication as another subject',
}

/** What the access log tells of, by the names that HiveMQ gives them. */
export type AccessEvent =
  | 'authentication-succeeded'
  | 'authentication-failed'
  | 'authorization-succeeded'
  | 'authorization-failed'

/** What a line says beyond its event. */
export interface AccessDetail {
  readonly reason?: string
  readonly permissions?: readonly Permission[]
}

const SENTENCES: Readonly<Record<AccessEvent, string>> = {
  'authentication-succeeded': 'Client succeeded authentication',
  'authentication-failed': 'Client failed authentication',
  'authorization-succeeded': 'Client succeeded authorization',
  'authorization-failed': 'Client failed authorization',
}

/**
 * One line of the access log in HiveMQ's form, without the line end. `addition` is empty or made by one of the below. A
 * client that sends its token in the wrong field does not find it there.
 */
export function accessLogLine(nowMs: number, event: AccessEvent, clientId: string, ip: string, addition = ''): string {
  const who = `ID ${printable(withoutTokens(clientId))}, IP ${printable(ip)}`
  return `${utcTime(nowMs)} UTC - ${event} - ${SENTENCES[event]}: ${who}${addition}.`
}

/** What is said beyond the event, in HiveMQ's form. */
export function additionOf({ reason, permissions }: AccessDetail): string {
  if (reason !== undefined) return reasonAddition(reason)
  return permissions === undefined ? '' : permissionsAddition(permissions)
}

/** The addition of a failure. */
export function reasonAddition(reason: string): string {
  return `, reason "${printable(reason)}"`
}

/** The addition of a successful authorization. */
export function permissionsAddition(permissions: readonly Permission[]): string {
  return `, permissions [${permissions.map(permissionText).join(', ')}]`
}

function permissionText(permission: Permission): string {
  const { topicFilter, syntax, effect } = permission
  const fields = [
    // HiveMQ has no denials and one way to write a topic; the fields that say otherwise stand where they are needed.
    ...(effect === 'deny' ? ["effect='deny'"] : []),
    `topicFilter=${inQuotes(topicFilter)}`,
    ...(syntax === 'filter' ? [] : [`syntax='${syntax}'`]),
    `qos=[${permission.qos.join(', ')}]`,
    `activity=[${permission.activity.join(', ')}]`,
    `retainedPublishAllowed=${permission.retain !== 'not-retained'}`,
    `sharedSubscribeAllowed=${permission.shared !== 'not-shared'}`,
    `sharedGroup=${inQuotes(permission.sharedGroup)}`,
    `from=${inQuotes(permission.from)}`,
  ]
  return `Permission{${fields.join(', ')}}`
}

function inQuotes(text: string): string {
  return `'${printable(text).replaceAll("'", "\\'")}'`
}

/** `2019-11-25 15:50:24,774` */
function utcTime(nowMs: number): string {
  return new Date(nowMs).toISOString().replace('T', ' ').replace('.', ',').slice(0, -1)
}
