/** Writes the generated reference pages; with `--check` only says which are stale, and exits with 1 if any is. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { settingsReference } from '../src/config/reference.ts'

const references = [{ file: 'src/config/REFERENCE.md', text: settingsReference() }]

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })
const stale = references.filter(({ file, text }) => textOf(file) !== text)

for (const { file, text } of stale) {
  if (values.check) console.error(`${file} is stale: run \`node scripts/generate-references.ts\``)
  else writeFileSync(pathOf(file), text)
}
if (values.check && stale.length > 0) process.exitCode = 1

function textOf(file: string): string | undefined {
  const path = pathOf(file)
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(`../${file}`, import.meta.url))
}
