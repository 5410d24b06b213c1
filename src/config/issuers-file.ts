import { readTable } from './read-table.ts'
import type { SettingProblem } from './read-table.ts'
import { issuerRules } from './rules.ts'
import { sections } from './schema.ts'
import type { Environment, Facts } from './setting.ts'
import { settingsOf } from './settings-type.ts'
import type { Settings } from './settings-type.ts'

/** What the file of issuers came to. */
export interface IssuersReading {
  /** One for each issuer; of no use when there is any problem. */
  readonly issuers: readonly Settings[]
  readonly problems: readonly SettingProblem[]
}

const PREFIX = 'GUARDBEE_JWT_'
const ISSUER = 'GUARDBEE_JWT_ISSUER'
const ISSUERS_FILE = 'GUARDBEE_JWT_ISSUERS_FILE'
const ISSUERS_MAX = 64

/**
 * Reads the text of `GUARDBEE_JWT_ISSUERS_FILE`. Each member of an issuer is read as the variable of its name is, with
 * the variables of the environment as its default, so that there is one table and one set of rules for both.
 */
export function readIssuers(text: string, environment: Environment, facts: Facts): IssuersReading {
  const list = parsed(text)
  if (!Array.isArray(list) || list.length === 0 || list.length > ISSUERS_MAX) {
    return problem([ISSUERS_FILE], `expected a JSON array of 1 to ${ISSUERS_MAX} objects`)
  }
  const issuers: Settings[] = []
  const problems: SettingProblem[] = []
  for (const [index, entry] of list.entries()) {
    const reading = readIssuer(entry, index, environment, facts)
    issuers.push(...reading.issuers)
    problems.push(...reading.problems)
  }
  return { issuers, problems: [...problems, ...namedTwice(issuers)] }
}

/** The files with secrets that the text names. */
export function secretFilesIn(text: string): readonly string[] {
  const list = parsed(text)
  if (!Array.isArray(list)) return []
  return list
    .flatMap(entry => Object.entries(variables(entry) ?? {}))
    .flatMap(([name, value]) => (name.endsWith('_SECRET_FILE') ? [value] : []))
}

function readIssuer(entry: unknown, index: number, environment: Environment, facts: Facts): IssuersReading {
  const named = variables(entry)
  if (named === undefined) {
    return problem([`${ISSUERS_FILE}[${index}]`], 'expected an object with texts and numbers in it')
  }
  const defaults = Object.entries(environment).filter(([name]) => name.startsWith(PREFIX) && name !== ISSUERS_FILE)
  const { values, given, problems } = readTable(sections, { ...Object.fromEntries(defaults), ...named }, facts)
  const settings = settingsOf(values)
  const found = [...problems, ...issuerRules.flatMap(rule => rule(settings, given))]
  if (named[ISSUER] === undefined || settings.jwtIssuer?.includes(' ') === true) {
    found.push({ names: [ISSUER], text: 'expected exactly one issuer' })
  }
  return {
    issuers: [settings],
    problems: found.map(({ names, text }) => ({ names: names.map(name => memberName(index, name)), text })),
  }
}

/** The members as the variables that they stand for. */
function variables(entry: unknown): Record<string, string> | undefined {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return undefined
  const named: Record<string, string> = {}
  for (const [name, value] of Object.entries(entry)) {
    if (typeof value !== 'string' && typeof value !== 'number') return undefined
    named[`${PREFIX}${name.toUpperCase()}`] = String(value)
  }
  return named
}

function memberName(index: number, name: string): string {
  return `${ISSUERS_FILE}[${index}].${name.slice(PREFIX.length).toLowerCase()}`
}

function namedTwice(issuers: readonly Settings[]): readonly SettingProblem[] {
  const names = issuers.map(({ jwtIssuer }) => jwtIssuer)
  return names.flatMap((name, index) =>
    name === undefined || names.indexOf(name) === index
      ? []
      : [{ names: [memberName(index, ISSUER)], text: 'expected each issuer once' }],
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's message quotes the file, and there may be secrets in it.
    return undefined
  }
}

function problem(names: readonly string[], text: string): IssuersReading {
  return { issuers: [], problems: [{ names, text }] }
}
