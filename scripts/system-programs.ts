import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import path from 'node:path'

/** Programs of the system that the end-to-end tests run, each with the Debian package that brings it. */
export const SYSTEM_PROGRAMS = {
  curl: 'curl',
  'redis-server': 'redis-server',
  haproxy: 'haproxy',
  mosquitto: 'mosquitto',
  mosquitto_pub: 'mosquitto-clients',
  mosquitto_sub: 'mosquitto-clients',
} as const
export type SystemProgram = keyof typeof SYSTEM_PROGRAMS

/** The package that brings paho-mqtt to the system's Python. */
export const PAHO_PACKAGE = 'python3-paho-mqtt'

// Where Debian keeps servers; not on the PATH of everybody but root.
const SYSTEM_FOLDERS = ['/usr/sbin', '/sbin']

/** The folders that are searched: those of `PATH`, then the ones of the system's servers. */
export function searchFolders(): readonly string[] {
  return [...(process.env['PATH'] ?? '').split(path.delimiter).filter(folder => folder !== ''), ...SYSTEM_FOLDERS]
}

/** Full path of a program, or undefined when no folder has it. */
export function findProgram(name: string, folders: readonly string[] = searchFolders()): string | undefined {
  return folders.map(folder => path.join(folder, name)).find(isExecutable)
}

/**
 * The first Python 3 that can import paho-mqtt. The system's own is asked first: it is the one that Debian's package
 * serves, whatever else calls itself `python3` on the PATH.
 */
export function findPythonWithPaho(folders: readonly string[] = searchFolders()): string | undefined {
  const candidates = ['/usr/bin', ...folders].map(folder => path.join(folder, 'python3'))
  return [...new Set(candidates)].filter(isExecutable).find(canImportPaho)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

// -I and -S would hide dist-packages; find_spec looks for the module without running it.
function canImportPaho(python: string): boolean {
  const question =
    'import importlib.util as u, sys; sys.exit(0 if u.find_spec("paho") and u.find_spec("paho.mqtt") else 1)'
  return spawnSync(python, ['-c', question], { stdio: 'ignore', timeout: 10_000 }).status === 0
}
