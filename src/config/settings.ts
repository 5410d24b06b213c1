import type { EffectiveSetting, SettingProblem } from './read-table.ts'
import { readTable } from './read-table.ts'
import type { Rule } from './rules.ts'
import { startRules } from './rules.ts'
import { sections } from './schema.ts'
import type { Environment, Facts } from './setting.ts'
import type { Settings } from './settings-type.ts'
import { settingsOf } from './settings-type.ts'

/** What reading the variables came to. */
export interface SettingsReading {
  /** Undefined when there is any problem, so that nothing starts on half a configuration. */
  readonly settings: Settings | undefined
  readonly problems: readonly SettingProblem[]
  readonly effective: readonly EffectiveSetting[]
}

/**
 * Reads all settings from the variables; `rules` are what must hold between them. A rule says nothing about a variable
 * that is wrong in itself, because it would judge the default that stands in for it.
 */
export function readSettings(
  environment: Environment,
  facts: Facts,
  rules: readonly Rule[] = startRules,
): SettingsReading {
  const { values, given, effective, problems: wrong } = readTable(sections, environment, facts)
  const settings = settingsOf(values)
  const problems = [...wrong]
  for (const problem of rules.flatMap(rule => rule(settings, given))) {
    if (!problem.names.some(name => wrong.some(({ names }) => names.includes(name)))) problems.push(problem)
  }
  return { settings: problems.length === 0 ? settings : undefined, problems, effective }
}
