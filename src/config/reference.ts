import { sections } from './schema.ts'
import { fileVariable } from './secret-files.ts'
import type { Section, Setting, SettingValue } from './setting.ts'

const INTRODUCTION = `# Settings

guardbee is configured by environment variables. An empty variable counts as not set, except where the table says that it
switches something off. \`guardbee check-config\` says what is wrong with them, and prints what holds.

This page is generated from \`schema.ts\` by \`node scripts/generate-references.ts\`.
`

/** The reference of all settings in Markdown. */
export function settingsReference(): string {
  return [INTRODUCTION, ...sections.map(sectionText)].join('\n')
}

function sectionText(section: Section): string {
  const rows = Object.values(section.settings).map(rowText)
  return [`## ${section.title}\n`, '| Variable | Default | Value | |', '|---|---|---|---|', ...rows, ''].join('\n')
}

function rowText(row: Setting<SettingValue>): string {
  const unit = row.unit === undefined ? '' : ` (${row.unit})`
  const secret = row.secret ? `; secret, also in a file that \`${fileVariable(row.name)}\` names` : ''
  const cells = [`\`${row.name}\``, defaultText(row), `${row.type.expected}${unit}${secret}`, row.sentence]
  return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function defaultText(row: Setting<SettingValue>): string {
  if ('from' in row.default) return row.default.said
  return row.default.value === undefined ? row.type.absent : `\`${String(row.default.value)}\``
}
