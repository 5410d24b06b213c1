import { hkdfSync } from 'node:crypto'
import type { Clock, Random } from '../ports/clock.ts'

/** How long ticket keys are used, and so how long a session can be resumed at most. */
export const TICKET_PERIOD_MS = 12 * 60 * 60 * 1000

const TICKET_KEYS_BYTES = 48

/**
 * Keys that encrypt session tickets, in hexadecimal. With a secret they follow from it and the period, so that all nodes
 * have the same; without one they are random.
 */
export function newTicketKeys(secret: string | undefined, clock: Clock, random: Random): string {
  if (secret === undefined) return random.hex(TICKET_KEYS_BYTES)
  const period = Math.floor(clock.nowMs() / TICKET_PERIOD_MS)
  const info = `guardbee TLS session ticket keys ${period}`
  return Buffer.from(hkdfSync('sha256', secret, '', info, TICKET_KEYS_BYTES)).toString('hex')
}

/** Periods begin at the same moment everywhere. */
export function untilNextPeriodMs(clock: Clock): number {
  return TICKET_PERIOD_MS - (clock.nowMs() % TICKET_PERIOD_MS)
}
