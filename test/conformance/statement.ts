import type { SuiteVersion } from '../support/conformance-packets.ts'

/** A normative statement of the OASIS text, by its id, in our words. */
export interface Statement {
  readonly version: SuiteVersion
  /** Without `MQTT-`: `3.1.2-22`. The same id means different things in 3.1.1 and 5. */
  readonly id: string
  readonly about: string
  /** Undefined: it binds a server and is tested. Else why it is not. */
  readonly exemptBecause: string | undefined
}

/** Reasons why a statement is not tested against a server. */
export const Exempt = {
  client: 'binds the client',
  method: 'needs an Authentication Method that the server knows; for guardbee in enhanced-authentication.test.ts',
  everyClientId: 'a server that takes every well-formed Client Identifier has none to reject',
  bridge: 'binds a server that connects to other servers',
  extension: 'says what a server must not require; the suite uses nothing but the standard',
  wildcards: 'binds a server without wildcards',
} as const

/** A chapter: the first two numbers of an id in chapters 3 and 4, the first one elsewhere. */
export function chapterOf(id: string): string {
  const [first = '', second = ''] = id.replace(/-\d+$/, '').split('.')
  return first === '3' || first === '4' ? `${first}.${second}` : first
}

/** What the chapters are about; the numbers of chapters that differ between the versions say which. */
export function chapterTitle(version: SuiteVersion, chapter: string): string {
  return (version === 5 ? TITLES_V5[chapter] : undefined) ?? TITLES[chapter] ?? ''
}

const TITLES: Readonly<Record<string, string>> = {
  1: 'Data representation',
  2: 'Packet format',
  3.1: 'CONNECT',
  3.2: 'CONNACK',
  3.3: 'PUBLISH',
  3.4: 'PUBACK',
  3.5: 'PUBREC',
  3.6: 'PUBREL',
  3.7: 'PUBCOMP',
  3.8: 'SUBSCRIBE',
  3.9: 'SUBACK',
  '3.10': 'UNSUBSCRIBE',
  3.11: 'UNSUBACK',
  3.12: 'PINGREQ',
  3.14: 'DISCONNECT',
  3.15: 'AUTH',
  4.1: 'Session state',
  4.2: 'Network Connections',
  4.3: 'QoS and protocol flows',
  4.4: 'Delivery retry',
  4.5: 'Message receipt',
  4.6: 'Message ordering',
  4.7: 'Topic Names and Topic Filters',
  4.8: 'Handling errors',
  6: 'WebSocket',
  7: 'Conformance',
}

const TITLES_V5: Readonly<Record<string, string>> = {
  4.8: 'Subscriptions',
  4.9: 'Flow control',
  4.12: 'Enhanced authentication',
  4.13: 'Handling errors',
}
