import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import type { Environment } from '../config/setting.ts'

/** Whether the shell would find the program. */
export function isOnPath(program: string, environment: Environment): boolean {
  const folders = (environment['PATH'] ?? '').split(path.delimiter).filter(folder => folder !== '')
  return folders.some(folder => isExecutable(path.join(folder, program)))
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    // There is no other way to ask than to be refused.
    return false
  }
}
