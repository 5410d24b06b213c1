import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { BrokerError } from '../core/errors.ts'
import { relinkForOlderGlibc } from './elf-relink.ts'

const IMAGE_BYTES_MAX = 64 * 1024 * 1024

/** A binary of which only these very bytes are relinked and only these very bytes may come out. */
export interface PinnedBinary {
  readonly path: string
  readonly sha256: string
  readonly relinkedSha256: string
}

/**
 * The path of a relinked copy of `binary` in `cacheFolder`, which is made when it is not there or not what it should
 * be. Several processes may do so at once. Throws `LISTENER` when the binary is not the pinned one or the folder is
 * not safe to load code from.
 */
export function relinkedCopy(binary: PinnedBinary, cacheFolder: string): string {
  openPrivateFolder(cacheFolder)
  const copy = path.join(cacheFolder, `uws-${binary.relinkedSha256.slice(0, 16)}.node`)
  if (holdsExactly(copy, binary.relinkedSha256)) return copy
  const original = readFileSync(binary.path)
  if (sha256(original) !== binary.sha256)
    throw new BrokerError('LISTENER', 'the uWebSockets.js binary is not the known one')
  const relinked = relinkForOlderGlibc(original)
  if (sha256(relinked) !== binary.relinkedSha256) {
    throw new BrokerError('LISTENER', 'the relinked uWebSockets.js binary is not the expected one')
  }
  writeAtomically(copy, relinked)
  return copy
}

/** What is loaded from the folder runs in this process, so nobody else may be able to write there. */
function openPrivateFolder(folder: string): void {
  makeFolder(folder)
  const stat = lstatSync(folder)
  if (!stat.isDirectory() || stat.uid !== process.geteuid?.()) {
    throw new BrokerError('LISTENER', `the cache folder ${folder} does not belong to this user`)
  }
  if ((stat.mode & 0o077) !== 0) chmodSync(folder, 0o700)
}

/** Step by step: the recursive way of Node turns for ever where a folder is there and takes no other one, as `/proc`. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  const parent = path.dirname(folder)
  if (parent !== folder) makeFolder(parent)
  try {
    mkdirSync(folder, 0o700)
  } catch (error) {
    if (!existsSync(folder)) throw error // else another process was quicker
  }
}

/** Asked before each use: a file that somebody else owns could change after it was read. */
function holdsExactly(file: string, expectedSha256: string): boolean {
  const stat = lstatSync(file, { throwIfNoEntry: false })
  if (stat === undefined || !stat.isFile() || stat.size > IMAGE_BYTES_MAX) return false
  if (stat.uid !== process.geteuid?.() || (stat.mode & 0o022) !== 0) return false
  return sha256(readFileSync(file)) === expectedSha256
}

/** A rename replaces the file in one step, also under a process that has the old one loaded. */
function writeAtomically(file: string, content: Buffer): void {
  const folder = mkdtempSync(path.join(path.dirname(file), 'new-'))
  try {
    const unfinished = path.join(folder, path.basename(file))
    writeFileSync(unfinished, content, { mode: 0o600, flag: 'wx' })
    renameSync(unfinished, file)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}
