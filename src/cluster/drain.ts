import type { Refusal } from '../broker/refusal.ts'
import type { Settings } from '../config/settings-type.ts'
import { ReasonCode } from '../protocol/reason-codes.ts'

/** How a node takes its leave. */
export interface Drain {
  /** Clients are still taken for so long after the node has said that it is not ready. */
  readonly delayMs: number
  /** Then the connected clients are closed over so long. */
  readonly durationMs: number
  /** What they are told. */
  readonly refusal: Refusal
}

const SHUTTING_DOWN: Refusal = { reasonCode: ReasonCode.ServerShuttingDown, why: 'server shutting down' }

/** How a worker ends that may serve nobody any more. */
export const AT_ONCE: Drain = { delayMs: 0, durationMs: 0, refusal: SHUTTING_DOWN }

/** How a node takes its leave, as configured. */
export function drainOf(settings: Settings): Drain {
  const { drainDelaySeconds, drainSeconds } = settings
  return { delayMs: drainDelaySeconds * 1000, durationMs: drainSeconds * 1000, refusal: refusalOf(settings) }
}

function refusalOf({ drainReason, drainServerReference }: Settings): Refusal {
  switch (drainReason) {
    case 'server-shutting-down':
      return SHUTTING_DOWN
    case 'use-another-server':
      return {
        reasonCode: ReasonCode.UseAnotherServer,
        why: 'server shutting down, use another one',
        serverReference: drainServerReference,
      }
  }
}
