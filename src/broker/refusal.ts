import { ReasonCode } from '../protocol/reason-codes.ts'

/** Why a packet is not acceptable: what the client is told and what the log says. */
export interface Refusal {
  /** A row of `protocol/reason-codes.ts`. */
  readonly reasonCode: number
  /** For the log and, where the standard has a place for it, the client's Reason String. */
  readonly why: string
  /** Servers that the client may use instead; for the reason codes that stand for that (v5 4.11). */
  readonly serverReference?: string | undefined
}

/** Builds a {@link Refusal}; only the channel turns it into bytes. */
export function refuse(reasonCode: number, why: string): Refusal {
  return { reasonCode, why }
}

/** A refusal of which the log says more, under this reference: behind HiveMQ's text the client is told it, and no more. */
export function refuseUnder(reference: string, reasonCode: number, text: string): Refusal {
  return refuse(reasonCode, `${text} (ref ${reference})`)
}

/** v5 [MQTT-3.1.4-3] */
export const TAKEN_OVER: Refusal = {
  reasonCode: ReasonCode.SessionTakenOver,
  why: 'Another client connected with the same client id.',
}
