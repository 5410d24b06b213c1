import type { SettingProblem } from '../config/read-table.ts'

/** All problems of the configuration, one below the other. */
export function problemText(problems: readonly SettingProblem[]): string {
  const head = problems.length === 1 ? 'A setting is wrong:' : `${problems.length} settings are wrong:`
  const lines = problems.map(({ names, text }) => `  ${names.join(', ')}: ${text.replaceAll('\n', '\n    ')}`)
  return [head, ...lines].join('\n')
}

/** The same for a command that does not print the settings itself. */
export function refusalText(problems: readonly SettingProblem[]): string {
  return `${problemText(problems)}\n\`guardbee check-config\` prints all settings.`
}
