import { isServiceLink, serviceLinkHint } from './kubernetes-names.ts'
import { nearestName } from './nearest-name.ts'
import { fileVariable, withSecretFiles } from './secret-files.ts'
import type { Environment, Facts, Section, Setting, SettingValue } from './setting.ts'
import { defaultOf } from './setting.ts'
import { quoted } from './shown-value.ts'

const PREFIX = 'GUARDBEE_'

/** Something that keeps the configuration from being used. */
export interface SettingProblem {
  /** The variables it is about. */
  readonly names: readonly string[]
  /** What was found and what was expected; without secrets. */
  readonly text: string
}

/** One setting as it came out. */
export interface EffectiveSetting {
  readonly name: string
  /** Fit for a terminal; masked when secret. */
  readonly shown: string
  readonly source: 'environment' | 'default' | 'wrong'
}

/** What the variables gave. */
export interface TableReading {
  /** By property name; the default stands where the variable is wrong. */
  readonly values: Readonly<Record<string, SettingValue>>
  /** Names of the settings that the environment gives, right or wrong. */
  readonly given: ReadonlySet<string>
  readonly effective: readonly EffectiveSetting[]
  readonly problems: readonly SettingProblem[]
}

/** Reads every setting of the table and finds every variable that is wrong or unknown, not only the first. */
export function readTable(sections: readonly Section[], variables: Environment, facts: Facts): TableReading {
  const rows = sections.flatMap(section => Object.entries(section.settings))
  const table = rows.map(([, row]) => row)
  const { environment, problems: fileProblems } = withSecretFiles(table, variables)
  const values: Record<string, SettingValue> = {}
  const given = new Set<string>()
  const effective: EffectiveSetting[] = []
  const problems: SettingProblem[] = [...fileProblems]
  for (const [property, row] of rows) {
    const found = foundFor(row, environment)
    const parsed = found === undefined ? undefined : row.type.parse(found)
    const value = parsed === undefined ? defaultOf(row, facts) : parsed.value
    if (found !== undefined) given.add(row.name)
    if (found !== undefined && parsed === undefined) problems.push(wrongValue(row, found))
    values[property] = value
    effective.push({ name: row.name, shown: shown(row, value), source: sourceOf(found, parsed) })
  }
  const known = table.flatMap(row => (row.secret ? [row.name, fileVariable(row.name)] : [row.name]))
  return { values, given, effective, problems: [...problems, ...unknownNames(known, environment)] }
}

function foundFor(row: Setting<SettingValue>, environment: Environment): string | undefined {
  const found = environment[row.name]
  return found === '' && !row.type.emptyIsValue ? undefined : found
}

function sourceOf(found: string | undefined, parsed: object | undefined): EffectiveSetting['source'] {
  if (found === undefined) return 'default'
  return parsed === undefined ? 'wrong' : 'environment'
}

function wrongValue(row: Setting<SettingValue>, found: string): SettingProblem {
  const said = row.secret ? 'a secret value' : quoted(found)
  const hint = row.secret ? '' : serviceLinkHint(found)
  return { names: [row.name], text: `found ${said}, expected ${row.type.expected}${hint}` }
}

function shown(row: Setting<SettingValue>, value: SettingValue): string {
  if (value === undefined) return row.type.absent
  if (row.secret) return '***'
  return typeof value === 'string' ? quoted(value) : String(value)
}

/** The values of unknown variables are not shown: one of them may be a secret with a misspelt name. */
function unknownNames(known: readonly string[], environment: Environment): SettingProblem[] {
  return Object.keys(environment)
    .filter(name => name.startsWith(PREFIX) && !known.includes(name) && !isServiceLink(name, environment))
    .sort()
    .map(name => {
      const nearest = nearestName(name, known, PREFIX)
      const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`
      return { names: [name], text: `is not a setting${hint}` }
    })
}
