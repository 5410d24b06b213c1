import fs from 'node:fs'
import { mkdir, open, readdir, unlink } from 'node:fs/promises'
import path from 'node:path'
import type { DataFile, DataFolder } from './data-folder.ts'
import { Turns } from './turns.ts'

/** Only the user of the broker may read what its clients say. */
const FOLDER_MODE = 0o700
const FILE_MODE = 0o600
/**
 * Reads under way in one folder: enough to keep a disk busy, and so few that a commit does not wait long for its turn behind
 * them, nor the process for what it does with all that are through at once.
 */
const READS_AT_ONCE = 32
const READS_WAITING_MAX = 1_000_000

/** A folder of the file system, made where it is missing. */
export async function openFsDataFolder(folder: string): Promise<DataFolder> {
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE })
  return fsDataFolder(folder)
}

/** A folder of the file system that is there already. */
export function fsDataFolder(folder: string): DataFolder {
  const at = (name: string): string => path.join(folder, name)
  const reads = new Turns(READS_AT_ONCE, READS_WAITING_MAX)
  return {
    path: folder,
    list: () => readdir(folder),
    create: name => FsDataFile.open(at(name), reads, fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_EXCL),
    open: name => FsDataFile.open(at(name), reads, fs.constants.O_RDONLY),
    remove: name => unlink(at(name)),
    sync: () => syncFolder(folder),
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, fs.constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Works on the descriptor with callbacks: a `FileHandle` costs twice as much per call, and a commit makes two. */
class FsDataFile implements DataFile {
  readonly length: number
  readonly #descriptor: number
  readonly #reads: Turns

  private constructor(descriptor: number, reads: Turns, length: number) {
    this.#descriptor = descriptor
    this.#reads = reads
    this.length = length
  }

  static async open(file: string, reads: Turns, flags: number): Promise<FsDataFile> {
    const descriptor = await called<number>(done => fs.open(file, flags, FILE_MODE, done))
    const { size } = await called<fs.Stats>(done => fs.fstat(descriptor, done))
    return new FsDataFile(descriptor, reads, size)
  }

  async write(parts: readonly Buffer[], offset: number): Promise<void> {
    let rest = parts
    let at = offset
    while (rest.length > 0) {
      const written = await called<number>(done => fs.writev(this.#descriptor, rest, at, done))
      at += written
      rest = after(rest, written)
    }
  }

  async read(into: Buffer, offset: number): Promise<number> {
    await this.#reads.take()
    try {
      return await this.#read(into, offset)
    } finally {
      this.#reads.give()
    }
  }

  async #read(into: Buffer, offset: number): Promise<number> {
    let filled = 0
    while (filled < into.length) {
      const left = into.length - filled
      const read = await called<number>(done => fs.read(this.#descriptor, into, filled, left, offset + filled, done))
      if (read === 0) break
      filled += read
    }
    return filled
  }

  sync(): Promise<void> {
    return called<void>(done => fs.fdatasync(this.#descriptor, error => done(error, undefined)))
  }

  close(): Promise<void> {
    return called<void>(done => fs.close(this.#descriptor, error => done(error, undefined)))
  }
}

type Done<Value> = (error: Error | null | undefined, value: Value) => void

function called<Value>(call: (done: Done<Value>) => void): Promise<Value> {
  return new Promise((resolve, reject) => {
    call((error, value) => {
      if (error === null || error === undefined) resolve(value)
      else reject(error)
    })
  })
}

/** What is left of `parts` behind their first `written` bytes. */
function after(parts: readonly Buffer[], written: number): readonly Buffer[] {
  let skipped = written
  for (const [index, part] of parts.entries()) {
    if (skipped < part.length) return [part.subarray(skipped), ...parts.slice(index + 1)]
    skipped -= part.length
  }
  return []
}
