import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { importsOf } from './source-imports.ts'
import { scanSource } from './source-tokens.ts'
import type { SourceImport } from './source-imports.ts'
import type { ScannedSource } from './source-tokens.ts'

/** The folder of the repository. */
export const REPOSITORY: string = path.resolve(import.meta.dirname, '../..')

/** A source file with what it says. */
export interface SourceFile {
  /** From the repository, with slashes: `src/core/message.ts`. */
  readonly path: string
  readonly text: string
  readonly scanned: ScannedSource
  readonly imports: readonly SourceImport[]
}

/** Every file below these folders of the repository, as paths from the repository. */
export function filesBelow(...folders: readonly string[]): readonly string[] {
  return folders.flatMap(folder =>
    readdirSync(path.join(REPOSITORY, folder), { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile() && !entry.parentPath.includes('__pycache__'))
      .map(entry => path.relative(REPOSITORY, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/')),
  )
}

/** The text of a file of the repository. */
export function readRepositoryFile(file: string): string {
  return readFileSync(path.join(REPOSITORY, file), 'utf8')
}

/** A TypeScript file of the repository, scanned. */
export function readSource(file: string): SourceFile {
  const text = readRepositoryFile(file)
  const scanned = scanSource(text)
  return { path: file, text, scanned, imports: importsOf(scanned) }
}

/** Every TypeScript file of `src`, scanned. */
export const sourceFiles: readonly SourceFile[] = filesBelow('src')
  .filter(file => file.endsWith('.ts'))
  .toSorted()
  .map(readSource)

/** The file that a relative import leads to; undefined for a package or a module of Node. */
export function importedFile(from: SourceFile, { specifier }: SourceImport): string | undefined {
  return specifier.startsWith('.') ? path.posix.join(path.posix.dirname(from.path), specifier) : undefined
}
