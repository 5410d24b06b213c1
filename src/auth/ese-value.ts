import type { EseFile, EseValue } from './ese-element.ts'
import { httpUrlFault } from './http-url.ts'
import { isByteVariable, isStringVariable } from './ese-variable-names.ts'
import { printable } from './printable-text.ts'

/**
 * What a text is for. `claim`: placeholders for the client's own values may stand in it. `variables`: those for any ESE
 * variable that holds text. `message`: those for any ESE variable. `pattern`: what looks like a blank to fill in is none. `secret`: nothing of it is repeated
 * in an error but the names of environment variables.
 */
export type TextUse = 'plain' | 'claim' | 'variables' | 'message' | 'pattern' | 'secret'

const CLAIM_PLACEHOLDERS: readonly string[] = ['${mqtt-clientid}', '${mqtt-username}']
/** What may stand besides `${ENV:…}`, for an error. */
const OWN_PLACEHOLDERS: ReadonlyMap<TextUse, readonly string[]> = new Map([
  ['claim', CLAIM_PLACEHOLDERS],
  ['variables', ['that of an ESE variable of text']],
  ['message', ['that of an ESE variable']],
])
const PLACEHOLDER = /\$\{[^}]*\}?/g
const ENVIRONMENT_PLACEHOLDER = /^\$\{ENV:([A-Za-z_][A-Za-z0-9_]*)\}$/
/** What tutorials leave to fill in, such as `[OKTA DOMAIN]`; an IPv6 address has colons and is not one. */
const BLANK_IN_URL = /\[[A-Za-z][A-Za-z0-9 _-]*\]/
const BLANK = /^\[[A-Z][A-Z0-9 _-]*\]$/

/** The text with `${ENV:…}` filled in; undefined when it is empty or faulty, which is then reported. */
export function readText(file: EseFile, value: EseValue, use: TextUse = 'plain'): string | undefined {
  if (use !== 'pattern' && reportBlank(file, value, BLANK)) return undefined
  return expandedText(file, value, use)
}

/** `true`, `false`, `1` or `0`. */
export function readBoolean(file: EseFile, value: EseValue): boolean | undefined {
  const text = expandedText(file, value, 'plain')
  if (text === undefined) return undefined
  if (text === 'true' || text === '1') return true
  if (text === 'false' || text === '0') return false
  return reportUnexpected(file, value, 'true or false')
}

/** A whole number from `min` to `max`. */
export function readWholeNumber(file: EseFile, value: EseValue, min: number, max: number): number | undefined {
  const text = expandedText(file, value, 'plain')
  if (text === undefined) return undefined
  const number = /^[+-]?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (number >= min && number <= max) return number
  return reportUnexpected(file, value, `a whole number from ${min} to ${max}`)
}

/** A fraction from 0 to 1. */
export function readFraction(file: EseFile, value: EseValue): number | undefined {
  const text = expandedText(file, value, 'plain')
  if (text === undefined) return undefined
  const number = /^\d{0,15}\.?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (number >= 0 && number <= 1) return number
  return reportUnexpected(file, value, 'a number from 0 to 1')
}

/** An http or https URL. */
export function readUrl(file: EseFile, value: EseValue): string | undefined {
  if (reportBlank(file, value, BLANK_IN_URL)) return undefined
  const text = expandedText(file, value, 'secret')
  if (text === undefined) return undefined
  const fault = httpUrlFault(text)
  if (fault === undefined) return text
  return report(file, value, `${value.label}: ${fault}`)
}

/** One of the names of `choices`; gives what it stands for. */
export function readChoice<Name extends string, Value>(
  file: EseFile,
  value: EseValue,
  choices: Readonly<Record<Name, Value>>,
): Value | undefined {
  const text = expandedText(file, value, 'plain')
  if (text === undefined) return undefined
  const names = Object.keys(choices)
  for (const [name, choice] of Object.entries<Value>(choices)) if (name === text) return choice
  return reportUnexpected(file, value, `one of ${names.join(', ')}`)
}

/** Names parted by white space, at least one. */
export function readList(file: EseFile, value: EseValue, use: TextUse): readonly string[] | undefined {
  return readText(file, value, use)
    ?.split(/\s+/)
    .filter(name => name !== '')
}

/** A value as it stands in the file, for an error. Never for a secret. */
export function quoted(raw: string): string {
  return `"${printable(raw, 60)}"`
}

function expandedText(file: EseFile, value: EseValue, use: TextUse): string | undefined {
  let faulty = false
  const text = value.raw.replace(PLACEHOLDER, (placeholder: string) => {
    const filledIn = fillIn(file, value, use, placeholder)
    faulty ||= filledIn === undefined
    return filledIn ?? ''
  })
  if (faulty) return undefined
  return text.trim() === '' ? report(file, value, `${value.label} is empty; expected a value`) : text
}

/** What stands for a placeholder, which is the placeholder itself where a client's own value comes in later. */
function fillIn(file: EseFile, value: EseValue, use: TextUse, placeholder: string): string | undefined {
  if (use === 'claim' && CLAIM_PLACEHOLDERS.includes(placeholder)) return placeholder
  if ((use === 'variables' || use === 'message') && isStringVariable(placeholder.slice(2, -1))) return placeholder
  if (use === 'message' && isByteVariable(placeholder.slice(2, -1))) return placeholder
  const variable = ENVIRONMENT_PLACEHOLDER.exec(placeholder)?.[1]
  if (variable === undefined) return report(file, value, placeholderFault(value, placeholder, use))
  const text = Object.hasOwn(file.environment, variable) ? file.environment[variable] : undefined
  if (text === undefined) return report(file, value, `${value.label}: environment variable ${variable} is not set`)
  if ((use === 'claim' || use === 'variables') && text.includes('${')) {
    return report(file, value, `${value.label}: environment variable ${variable} holds a placeholder; write it here`)
  }
  return text
}

function placeholderFault(value: EseValue, placeholder: string, use: TextUse): string {
  const allowed = [...(OWN_PLACEHOLDERS.get(use) ?? []), '${ENV:NAME}'].join(', ')
  const found = use === 'secret' ? '' : `, found ${quoted(placeholder)}`
  return `${value.label}: expected no placeholder but ${allowed}${found}`
}

function reportBlank(file: EseFile, value: EseValue, blank: RegExp): boolean {
  const found = blank.exec(value.raw)?.[0]
  if (found !== undefined) report(file, value, `${value.label}: fill in ${printable(found, 60)}`)
  return found !== undefined
}

function reportUnexpected(file: EseFile, value: EseValue, expected: string): undefined {
  return report(file, value, `${value.label}: expected ${expected}, found ${quoted(value.raw)}`)
}

function report(file: EseFile, value: EseValue, sentence: string): undefined {
  file.problems.add(value.offset, sentence)
}
