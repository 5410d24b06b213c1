import { hash } from 'node:crypto'
import type { Seal, SealedValue } from './cluster-seal.ts'

const VERSION = 0
const HEAD_BYTES = 9

/**
 * Stands where the nodes have no secret, for values that nobody could gain from by making one up: it says until when
 * they count, and proves nothing.
 */
export const openSeal: Seal = {
  nameOf: (...parts) => openName(parts),

  isNameOf: (name, ...parts) => openName(parts) === name,

  seal: (_name, value, untilMs) => {
    const head = Buffer.alloc(HEAD_BYTES)
    head.writeUInt8(VERSION)
    head.writeDoubleBE(untilMs, 1)
    return Buffer.concat([head, value])
  },

  open: (_name, sealed, nowMs): SealedValue | undefined => {
    if (sealed.length < HEAD_BYTES || sealed[0] !== VERSION) return undefined
    const untilMs = sealed.readDoubleBE(1)
    return nowMs < untilMs ? { value: sealed.subarray(HEAD_BYTES), untilMs } : undefined
  },
}

function openName(parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts), 'base64url')
}
