import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto'
import type { Random } from '../ports/clock.ts'

/** A value that was sealed, and until when it counts. */
export interface SealedValue {
  readonly value: Buffer
  readonly untilMs: number
}

/** How values are kept where others than the nodes of this cluster can read and write. */
export interface Seal {
  /** A name for what these parts name together. */
  nameOf(...parts: readonly string[]): string
  /** Whether a node that this one trusts may have given this name to these parts. */
  isNameOf(name: string, ...parts: readonly string[]): boolean
  /** `untilMs`, in Unix time, goes into the seal. */
  seal(name: string, value: Buffer, untilMs: number): Buffer
  /** Undefined: no node of this cluster has put it under this name, or its time is over. */
  open(name: string, sealed: Buffer, nowMs: number): SealedValue | undefined
}

const CIPHER = 'aes-256-gcm'
const KEY_BYTES = 32
const VERSION = 1
const HEAD_BYTES = 9
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * Seals values with the secret of the cluster: AES-256-GCM under a key of each name's own (HKDF with SHA-256), which
 * also covers the name and the end. So whoever can write there, and does not know the secret, can neither make a value,
 * nor move one to another name, nor let one live longer; and names, which are HMACs, tell nothing of what they are of.
 */
export class ClusterSeal implements Seal {
  readonly #secret: string
  readonly #clusterName: string
  readonly #random: Random
  readonly #nameKey: Buffer

  constructor(secret: string, clusterName: string, random: Random) {
    this.#secret = secret
    this.#clusterName = clusterName
    this.#random = random
    this.#nameKey = this.#keyFor('guardbee names')
  }

  nameOf(...parts: readonly string[]): string {
    return createHmac('sha256', this.#nameKey).update(JSON.stringify(parts)).digest('base64url')
  }

  isNameOf(name: string, ...parts: readonly string[]): boolean {
    return this.nameOf(...parts) === name
  }

  seal(name: string, value: Buffer, untilMs: number): Buffer {
    const head = Buffer.alloc(HEAD_BYTES)
    head.writeUInt8(VERSION)
    head.writeDoubleBE(untilMs, 1)
    const nonce = Buffer.from(this.#random.hex(NONCE_BYTES), 'hex')
    const cipher = createCipheriv(CIPHER, this.#valueKey(name), nonce).setAAD(covered(head, name))
    return Buffer.concat([head, nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()])
  }

  open(name: string, sealed: Buffer, nowMs: number): SealedValue | undefined {
    if (sealed.length < HEAD_BYTES + NONCE_BYTES + TAG_BYTES || sealed[0] !== VERSION) return undefined
    const untilMs = sealed.readDoubleBE(1)
    const bodyAt = HEAD_BYTES + NONCE_BYTES
    const nonce = sealed.subarray(HEAD_BYTES, bodyAt)
    const decipher = createDecipheriv(CIPHER, this.#valueKey(name), nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(covered(sealed.subarray(0, HEAD_BYTES), name)).setAuthTag(sealed.subarray(-TAG_BYTES))
    try {
      const value = Buffer.concat([decipher.update(sealed.subarray(bodyAt, -TAG_BYTES)), decipher.final()])
      return nowMs < untilMs ? { value, untilMs } : undefined
    } catch {
      // Somebody else's, or of another name: which of them, nothing says.
      return undefined
    }
  }

  #valueKey(name: string): Buffer {
    return this.#keyFor(`guardbee value ${name}`)
  }

  #keyFor(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#secret, this.#clusterName, purpose, KEY_BYTES))
  }
}

function covered(head: Buffer, name: string): Buffer {
  return Buffer.concat([head, Buffer.from(name)])
}
