import { readFileSync } from 'node:fs'
import type { Environment, Setting, SettingValue } from './setting.ts'

const SECRET_CHARACTERS_MAX = 64 * 1024

/** Something that keeps a secret from being read. */
export interface SecretFileProblem {
  /** The variables it is about. */
  readonly names: readonly string[]
  readonly text: string
}

/** The variable that names a file with the value of a secret setting. */
export function fileVariable(name: string): string {
  return `${name}_FILE`
}

/** The variables with the secrets that stand in files (as orchestrators hand them out) put in their places. */
export function withSecretFiles(
  rows: readonly Setting<SettingValue>[],
  environment: Environment,
): { readonly environment: Environment; readonly problems: readonly SecretFileProblem[] } {
  const secrets: Record<string, string> = {}
  const problems: SecretFileProblem[] = []
  for (const { name } of rows.filter(row => row.secret)) {
    const variable = fileVariable(name)
    const file = environment[variable]
    if (file === undefined || file === '') continue
    if (environment[name] !== undefined && environment[name] !== '') {
      problems.push({ names: [name, variable], text: 'given together, expected one of them' })
      continue
    }
    const read = secretIn(file)
    if ('wrong' in read) problems.push({ names: [variable], text: read.wrong })
    else secrets[name] = read.secret
  }
  return { environment: { ...environment, ...secrets }, problems }
}

/** A line feed at the end belongs to the file and not to the secret. */
function secretIn(file: string): { readonly secret: string } | { readonly wrong: string } {
  try {
    const secret = readFileSync(file, 'utf8').replace(/\r?\n$/, '')
    if (secret !== '' && secret.length <= SECRET_CHARACTERS_MAX) return { secret }
    return { wrong: `the file is ${secret === '' ? 'empty' : 'too large'}, expected a secret in it` }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
    return { wrong: `the file cannot be read${code}` }
  }
}
