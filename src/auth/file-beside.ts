import { readFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import type { OtherFile } from './ese-element.ts'

/**
 * Reads a file that a security file names: from its folder or, as HiveMQ does, from the home of the extension, which is
 * the folder above `conf`. Done at the start and at a reload only, so it may hold up the process.
 */
export function readFileBeside(securityFile: string, path: string): OtherFile | undefined {
  const folder = dirname(resolve(securityFile))
  const home = basename(folder) === 'conf' ? [dirname(folder)] : []
  for (const base of [folder, ...home]) {
    const absolute = resolve(base, path)
    const text = textOf(absolute)
    if (text !== undefined) return { path: absolute, text }
  }
  return undefined
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Which of the two places it is missing from does not matter; the caller says that there is no such file.
    return undefined
  }
}
