import { BrokerError } from '../core/errors.ts'
import { ReasonCode } from '../protocol/reason-codes.ts'
import { type Refusal, refuse } from './refusal.ts'

/** Whether the store has refused a write because there is no room, or a limit of its own is reached: 0x97 for the client. */
export function isFull(error: unknown): boolean {
  return error instanceof BrokerError && error.code === 'STORE_FULL'
}

/** What a client is told when what it asked for has failed by `error`. */
export function failureRefusal(error: unknown, connecting: boolean): Refusal {
  if (isFull(error)) return refuse(ReasonCode.QuotaExceeded, 'the store is full')
  return refuse(connecting ? ReasonCode.ServerUnavailable : ReasonCode.UnspecifiedError, 'internal')
}
