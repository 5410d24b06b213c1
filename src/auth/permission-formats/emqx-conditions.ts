import { BlockList, isIP } from 'node:net'
import type { Credentials } from '../../ports/auth.ts'
import { member, type JsonObject } from '../json-object.ts'
import { compileRegex } from '../preprocessors/linear-regex.ts'

const CIDR = /^([0-9A-Fa-f.:]+)\/(\d{1,3})$/

/**
 * Whether the conditions of a rule hold for a client, or what is wrong with them. A condition that is not known here is
 * wrong, for the rule may be a denial.
 */
export function emqxConditionsHold(
  rule: JsonObject,
  otherMembers: ReadonlySet<string>,
  credentials: Credentials,
): boolean | string {
  let holds = true
  for (const name of Object.keys(rule)) {
    if (otherMembers.has(name)) continue
    const held = conditionHolds(name, member(rule, name), credentials)
    if (typeof held === 'string') return held
    holds &&= held
  }
  return holds
}

function conditionHolds(name: string, value: unknown, credentials: Credentials): boolean | string {
  switch (name) {
    case 'clientid_re':
      return expressionHolds(name, value, credentials.clientId)
    case 'username_re':
      return expressionHolds(name, value, credentials.username)
    case 'listener_re':
      return expressionHolds(name, value, credentials.listener.name)
    case 'listener':
      return typeof value === 'string' ? value === credentials.listener.name : `${name} is no text`
    case 'ipaddr':
      return addressHolds(value, credentials.remoteAddress)
    default:
      return 'a condition is not supported'
  }
}

function expressionHolds(name: string, pattern: unknown, subject: string | undefined): boolean | string {
  if (typeof pattern !== 'string') return `${name} is no text`
  const compiled = compileRegex(pattern, 0)
  if (compiled.kind === 'fault') return `${name}: ${compiled.sentence}`
  return subject !== undefined && compiled.regex.find(subject) !== undefined
}

function addressHolds(value: unknown, remoteAddress: string): boolean | string {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  const list = new BlockList()
  for (const one of values) {
    if (typeof one !== 'string' || !addRange(list, one)) return 'ipaddr is no address or range of addresses'
  }
  return list.check(remoteAddress, isIP(remoteAddress) === 6 ? 'ipv6' : 'ipv4')
}

function addRange(list: BlockList, text: string): boolean {
  const [, address = text, bits] = CIDR.exec(text) ?? []
  const version = isIP(address)
  if (version === 0) return false
  const family = version === 6 ? 'ipv6' : 'ipv4'
  if (bits === undefined) list.addAddress(address, family)
  else if (Number(bits) <= (version === 6 ? 128 : 32)) list.addSubnet(address, Number(bits), family)
  else return false
  return true
}
