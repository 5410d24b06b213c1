import { constants } from 'node:fs'
import { open, readFile, rename, stat } from 'node:fs/promises'
import path from 'node:path'
import { BrokerError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/telemetry.ts'
import { isJsonObject, member } from './json-object.ts'
import { readRevocation } from './revocation-json.ts'
import type { RevocationKeeper } from './revocation-keeper.ts'
import type { Revocation, Revocations } from './revocations.ts'

export interface RevocationFileParts {
  readonly revocations: Revocations
  readonly clock: Clock
  readonly log: Log
}

const NAME = 'revocations.json'
const FORMAT = 1
const BYTES_MAX = 128 * 1024 * 1024
/** Only the user of the broker may read who was shut out, and nobody else may change it. */
const MODE = 0o600

/**
 * Keeps the revocations of a node that is alone in a small file of its data folder. It is written as a whole beside the
 * one before, which it then replaces, so there is always a whole one; revocations that come while it is written go into
 * the next one together.
 */
export class RevocationFile implements RevocationKeeper {
  readonly #path: string
  readonly #parts: RevocationFileParts
  #last: Promise<boolean> = Promise.resolve(true)
  /** Waits for `#last`; whoever comes meanwhile waits for the same. */
  #next: Promise<boolean> | undefined

  private constructor(file: string, parts: RevocationFileParts) {
    this.#path = file
    this.#parts = parts
  }

  /**
   * Takes in what the file of this folder has. Rejects with `STORE_DAMAGED` where it cannot be read: to go on without it
   * would let those in who were shut out.
   */
  static async open(folder: string, parts: RevocationFileParts): Promise<RevocationFile> {
    const file = path.resolve(folder, NAME)
    const nowMs = parts.clock.nowMs()
    for (const revocation of await revocationsIn(file)) {
      if (nowMs < revocation.untilMs) parts.revocations.add(revocation, nowMs)
    }
    return new RevocationFile(file, parts)
  }

  async start(): Promise<void> {}

  /** Writes all that hold, these among them. */
  async keep(): Promise<boolean> {
    this.#next ??= this.#last.then(() => {
      this.#next = undefined
      return this.#write()
    })
    this.#last = this.#next
    return await this.#next
  }

  async close(): Promise<void> {
    await this.#last
  }

  async #write(): Promise<boolean> {
    const { revocations, clock, log } = this.#parts
    try {
      const text = JSON.stringify({ format: FORMAT, revocations: revocations.list(clock.nowMs()) })
      if (Buffer.byteLength(text) > BYTES_MAX) throw new Error(`more than ${BYTES_MAX} bytes`)
      await writeWhole(`${this.#path}.new`, text)
      await rename(`${this.#path}.new`, this.#path)
      await syncFolder(path.dirname(this.#path))
      return true
    } catch (error) {
      log.error('revocations cannot be written: a restart forgets the newest', error, { path: this.#path })
      return false
    }
  }
}

async function revocationsIn(file: string): Promise<readonly Revocation[]> {
  try {
    if ((await stat(file)).size > BYTES_MAX) throw damaged(file, `it has more than ${BYTES_MAX} bytes`)
    return read(file, await readFile(file, 'utf8'))
  } catch (error) {
    if (error instanceof BrokerError) throw error
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw damaged(file, 'it cannot be read', error)
  }
}

function read(file: string, text: string): readonly Revocation[] {
  const whole = parsed(text)
  const all = isJsonObject(whole) && member(whole, 'format') === FORMAT ? member(whole, 'revocations') : undefined
  if (!Array.isArray(all)) throw damaged(file, 'it is not what this version writes')
  return all.map((one: unknown) => {
    const revocation = readRevocation(one)
    if (revocation === undefined) throw damaged(file, 'something in it is no revocation')
    return revocation
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // the parser's message would quote the file
  }
}

async function writeWhole(file: string, text: string): Promise<void> {
  const handle = await open(file, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, MODE)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Until then a power cut may leave the file of before under the name. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function damaged(file: string, fault: string, cause?: unknown): BrokerError {
  const text = `the revocations in ${file} are damaged: ${fault}. Restore it, or remove it: what was revoked is let in then`
  return new BrokerError('STORE_DAMAGED', text, { cause })
}
