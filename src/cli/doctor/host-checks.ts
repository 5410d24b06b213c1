import { constants } from 'node:fs'
import { access, readFile, statfs } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { Settings } from '../../config/settings-type.ts'
import { fail, type Finding, ok, warn } from './finding.ts'

const FILES_WARN = 65_536
const FILES_FAIL = 1_024
const BACKLOG_WARN = 1_024
const MIB = 1024 * 1024
const MEMORY_PER_PROCESS_MIB = 200
const FREE_WARN_BYTES = 1024 * MIB
const FREE_FAIL_BYTES = 64 * MIB

/** Where the limits of this host are read; a test has others. */
export interface HostLimits {
  /** Text of `/proc/self/limits`; undefined: this system has none. */
  readonly limits: string | undefined
  /** Text of `/proc/sys/net/core/somaxconn`. */
  readonly backlog: string | undefined
  readonly memoryBytes: number
}

/** The limits of this host. */
export async function hostLimits(): Promise<HostLimits> {
  const [limits, backlog] = await Promise.all([textOf('/proc/self/limits'), textOf('/proc/sys/net/core/somaxconn')])
  const constrained = process.constrainedMemory()
  // Without a limit it is 0, or more than there is.
  return { limits, backlog, memoryBytes: constrained > 0 ? Math.min(constrained, os.totalmem()) : os.totalmem() }
}

/** Open files, connections that wait to be accepted, and memory. */
export function limitFindings({ limits, backlog, memoryBytes }: HostLimits, { workers }: Settings): readonly Finding[] {
  return [...fileFindings(limits), ...backlogFindings(backlog), memoryFinding(memoryBytes, workers)]
}

function fileFindings(limits: string | undefined): readonly Finding[] {
  const soft = /^Max open files +(\d+|unlimited)/m.exec(limits ?? '')?.[1]
  if (soft === undefined) return []
  const files = soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft)
  const said = `each worker may have ${soft} open, one for each client`
  const advice = `raise it (LimitNOFILE=, ulimit -n, --ulimit nofile) to ${FILES_WARN} or more`
  if (files <= FILES_FAIL) return [fail('open files', said, advice)]
  return [files < FILES_WARN ? warn('open files', said, advice) : ok('open files', said)]
}

function backlogFindings(backlog: string | undefined): readonly Finding[] {
  if (backlog === undefined) return []
  const connections = Number(backlog.trim())
  const said = `${connections} connections may wait to be accepted`
  if (connections >= BACKLOG_WARN) return [ok('backlog', said)]
  return [warn('backlog', said, 'raise net.core.somaxconn to 4096, else a storm of connects is refused')]
}

function memoryFinding(memoryBytes: number, workers: number): Finding {
  const mib = Math.floor(memoryBytes / MIB)
  const neededMib = (workers + 1) * MEMORY_PER_PROCESS_MIB
  const said = `${mib} MiB for ${workers} ${workers === 1 ? 'worker' : 'workers'} and the primary`
  if (mib >= neededMib) return ok('memory', said)
  return warn('memory', said, `give it ${neededMib} MiB, or fewer workers (GUARDBEE_WORKERS)`)
}

/** Whether the folders can be written and have room. */
export async function folderFindings(settings: Settings): Promise<readonly Finding[]> {
  return [await dataFolder(settings), await folder('log folder', settings.logDir)]
}

async function dataFolder({ dataDir, durability, redisUrl }: Settings): Promise<Finding> {
  if (redisUrl !== undefined) return ok('data folder', 'none, all is in Redis')
  return durability === 'memory' ? ok('data folder', 'none, all is in memory') : await folder('data folder', dataDir)
}

/** A folder that is not there will be made; what counts is where. */
async function folder(check: string, name: string): Promise<Finding> {
  const absolute = path.resolve(name)
  const there = await nearestThere(absolute)
  try {
    await access(there, constants.W_OK | constants.X_OK)
  } catch {
    return fail(check, `${there} cannot be written`, 'let this user write it, or name another folder')
  }
  const { bavail, bsize } = await statfs(there)
  const free = bavail * bsize
  const said = `${absolute}, ${Math.floor(free / MIB)} MiB free`
  if (free < FREE_FAIL_BYTES) return fail(check, said, 'make room')
  return free < FREE_WARN_BYTES ? warn(check, said, 'make room') : ok(check, said)
}

async function nearestThere(folderName: string): Promise<string> {
  for (let candidate = folderName; ; candidate = path.dirname(candidate)) {
    try {
      await access(candidate)
      return candidate
    } catch {
      if (candidate === path.dirname(candidate)) return candidate
    }
  }
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch {
    return undefined // not a Linux
  }
}
