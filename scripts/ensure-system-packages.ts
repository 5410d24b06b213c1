/**
 * Makes sure of the programs that the end-to-end tests run. What is missing is installed where that may be done (root
 * and apt-get); elsewhere the script stops with one line that names it and the command that brings it.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { findProgram, findPythonWithPaho, PAHO_PACKAGE, SYSTEM_PROGRAMS } from './system-programs.ts'

const APT_MINUTES_MAX = 10
const POLICY_FILE = '/usr/sbin/policy-rc.d'

/** Something that is missing, with the package that brings it. */
interface Missing {
  readonly what: string
  readonly debianPackage: string
}

const missingBefore = findMissing()
if (missingBefore.length > 0) {
  const aptGet = findProgram('apt-get')
  if (aptGet === undefined || process.getuid?.() !== 0) fail(missingBefore)
  install(aptGet, packagesOf(missingBefore))
  const missingAfter = findMissing()
  if (missingAfter.length > 0) fail(missingAfter)
}

function findMissing(): readonly Missing[] {
  const programs = Object.entries(SYSTEM_PROGRAMS)
    .filter(([program]) => findProgram(program) === undefined)
    .map(([what, debianPackage]) => ({ what, debianPackage }))
  return findPythonWithPaho() === undefined
    ? [...programs, { what: 'python3 with paho-mqtt', debianPackage: PAHO_PACKAGE }]
    : programs
}

function packagesOf(missing: readonly Missing[]): readonly string[] {
  return [...new Set(missing.map(({ debianPackage }) => debianPackage))]
}

function install(aptGet: string, packages: readonly string[]): void {
  process.stdout.write(`installing for the end-to-end tests: ${packages.join(' ')}\n`)
  withoutStartingServices(() => {
    runAptGet(aptGet, ['update', '-qq'])
    runAptGet(aptGet, ['install', '-qq', '--yes', '--no-install-recommends', ...packages])
  })
}

// A failure is not judged here: one package source may be away and the packages still come from another.
function runAptGet(aptGet: string, command: readonly string[]): void {
  const settings = ['-o', 'DPkg::Lock::Timeout=120', '-o', 'Dpkg::Use-Pty=0', '-o', 'Dpkg::Options::=--force-confold']
  const { status, error } = spawnSync(aptGet, [...settings, ...command], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_MODE: 'l' },
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: APT_MINUTES_MAX * 60_000,
  })
  if (status !== 0) process.stderr.write(`apt-get ${command[0]} ended with ${error?.message ?? status}\n`)
}

// Debian starts a server when its package is installed; 101 from this file forbids it. One that is there already stays.
function withoutStartingServices(work: () => void): void {
  const ours = !existsSync(POLICY_FILE)
  // With a handler the signal waits until the file is gone again.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
  if (ours) writeFileSync(POLICY_FILE, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    work()
  } finally {
    if (ours) rmSync(POLICY_FILE, { force: true })
  }
}

function fail(missing: readonly Missing[]): never {
  const names = missing.map(({ what }) => what).join(', ')
  const command = `sudo apt-get update && sudo apt-get install --yes ${packagesOf(missing).join(' ')}`
  process.stderr.write(`npm test needs ${names}; to get ${missing.length === 1 ? 'it' : 'them'}: ${command}\n`)
  process.exit(1)
}
