import assert from 'node:assert/strict'
import type { DataFile, DataFolder } from '../../src/store/embedded/data-folder.ts'
import type { Random } from '../../src/ports/clock.ts'

/** A step of the file system as {@link FragileFolder.beforeStep} is told of it. */
export type Step = 'list' | 'create' | 'open' | 'remove' | 'sync folder' | 'write' | 'read' | 'sync' | 'close'

interface Write {
  readonly offset: number
  readonly bytes: Buffer
  /** A sync failed while it waited: no later one brings it to the disk for sure. */
  doubtful: boolean
}

/** What a file has on the disk, and what it has in the memory of the operating system only. */
interface Content {
  disk: Buffer
  unsynced: Write[]
}

/** A disk writes this much at a time, whole or not at all. */
const SECTOR_BYTES = 512

/** A data folder in memory that can lose what was not synced, fail any step, and stop at any step. */
export class FragileFolder implements DataFolder {
  readonly path = '/fragile'
  /** May throw what the step is to fail with, or return a promise that never resolves: then the process is dead. */
  beforeStep: (step: Step, name: string) => void | Promise<void> = () => {}
  /** Files by name as programs see them. */
  readonly #files: Map<string, Content>
  /** As the disk has the names. */
  #namesOnDisk: Map<string, Content>

  constructor(files: ReadonlyMap<string, Buffer> = new Map()) {
    this.#files = new Map([...files].map(([name, disk]) => [name, { disk, unsynced: [] }]))
    this.#namesOnDisk = new Map(this.#files)
  }

  async list(): Promise<readonly string[]> {
    await this.beforeStep('list', '')
    return [...this.#files.keys()]
  }

  async create(name: string): Promise<DataFile> {
    await this.beforeStep('create', name)
    if (this.#files.has(name)) throw Object.assign(new Error(`EEXIST: ${name}`), { code: 'EEXIST' })
    const content: Content = { disk: Buffer.alloc(0), unsynced: [] }
    this.#files.set(name, content)
    return this.#file(name, content)
  }

  async open(name: string): Promise<DataFile> {
    await this.beforeStep('open', name)
    return this.#file(name, this.#content(name))
  }

  async remove(name: string): Promise<void> {
    await this.beforeStep('remove', name)
    assert(this.#files.delete(name), `${name} is not there`)
  }

  async sync(): Promise<void> {
    await this.beforeStep('sync folder', '')
    this.#namesOnDisk = new Map(this.#files)
  }

  /** The files after a crash of the process: whatever the operating system had been given is there. */
  afterCrash(): FragileFolder {
    return new FragileFolder(
      new Map([...this.#files].map(([name, content]) => [name, withWrites(content, () => true)])),
    )
  }

  /** The files after a power cut: of what was not synced, names and bytes, some is there and some is not. */
  afterPowerCut(random: Random): FragileFolder {
    const files = new Map<string, Buffer>()
    for (const [name, content] of new Map([...this.#files, ...this.#namesOnDisk])) {
      const certain = this.#files.get(name) === this.#namesOnDisk.get(name)
      if (certain || random.fraction() < 0.5)
        files.set(
          name,
          withWrites(content, () => random.fraction() < 0.5),
        )
    }
    return new FragileFolder(files)
  }

  /** The bytes of a file as programs see them, to be damaged by a test. */
  bytesOf(name: string): Buffer {
    return withWrites(this.#content(name), () => true)
  }

  /** Replaces the bytes of a file. */
  replace(name: string, bytes: Buffer): void {
    this.#files.set(name, { disk: bytes, unsynced: [] })
  }

  get names(): readonly string[] {
    return [...this.#files.keys()].sort()
  }

  #content(name: string): Content {
    const content = this.#files.get(name)
    if (content === undefined) throw Object.assign(new Error(`ENOENT: ${name}`), { code: 'ENOENT' })
    return content
  }

  #file(name: string, content: Content): DataFile {
    return {
      length: withWrites(content, () => true).length,
      write: async (parts, offset) => {
        const bytes = Buffer.concat(parts)
        try {
          await this.beforeStep('write', name)
        } catch (error) {
          content.unsynced.push({ offset, bytes: bytes.subarray(0, bytes.length / 2), doubtful: false })
          throw error
        }
        content.unsynced.push({ offset, bytes, doubtful: false })
      },
      read: async (into, offset) => {
        await this.beforeStep('read', name)
        const bytes = withWrites(content, () => true)
        return offset >= bytes.length ? 0 : bytes.copy(into, 0, offset)
      },
      sync: async () => {
        const waiting = [...content.unsynced]
        try {
          await this.beforeStep('sync', name)
        } catch (error) {
          for (const write of waiting) write.doubtful = true
          throw error
        }
        const certain = waiting.filter(write => !write.doubtful)
        content.disk = withWrites({ disk: content.disk, unsynced: certain }, () => true)
        content.unsynced = content.unsynced.filter(write => !certain.includes(write))
      },
      close: async () => {
        await this.beforeStep('close', name)
      },
    }
  }
}

/** The bytes with those sectors of what was not synced that `keep` keeps; a hole holds zeros. */
function withWrites({ disk, unsynced }: Content, keep: () => boolean): Buffer {
  if (unsynced.length === 0) return disk
  const ends = unsynced.map(({ offset, bytes }) => offset + bytes.length)
  const all = Buffer.alloc(Math.max(disk.length, ...ends))
  disk.copy(all)
  let length = disk.length
  for (const { offset, bytes } of unsynced) {
    for (let start = 0; start < bytes.length; ) {
      const end = Math.min(bytes.length, start + SECTOR_BYTES - ((offset + start) % SECTOR_BYTES))
      if (keep()) {
        bytes.copy(all, offset + start, start, end)
        length = Math.max(length, offset + end)
      }
      start = end
    }
  }
  return all.subarray(0, length)
}
